// Who may know whom: the two applications do not know each other, and a screen knows no other one.

import { dirname, join, normalize } from "node:path";
import { parseSync } from "vite";
import { expect, it } from "vitest";
import { modules, type File } from "../language/catalogues";

/** The modules of one's own that a module names, now or later, from src/ on. */
function imports({ path, text }: File): string[] {
  const { module, errors } = parseSync(path, text);
  expect(errors, path).toEqual([]);
  const named = [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.flatMap(({ moduleRequest }) => moduleRequest?.value ?? []),
    ),
    ...module.dynamicImports.map(({ moduleRequest }) =>
      text.slice(moduleRequest.start, moduleRequest.end).replaceAll(/["'`]/g, ""),
    ),
  ];
  return named
    .filter((name) => name.startsWith("."))
    .map((name) => normalize(join(dirname(path), name)));
}

const application = (path: string) => /^(console|portal)\//.exec(path)?.[1];
const screen = (path: string) => /^((?:console|portal)\/screens\/[^/]+)\//.exec(path)?.[1];

/** What a folder must not know, from the bottom up. */
const ABOVE: Record<string, RegExp> = {
  language: /^(parts|chart|stream|wire|market|cases|shell|console|portal)\//,
  parts: /^(stream|wire|market|cases|shell|console|portal)\//,
  wire: /^(parts|chart|market|cases|shell|console|portal)\//,
  stream: /^(parts|chart|market|cases|shell|console|portal)\//,
  market: /^(parts|cases|shell|console|portal)\//,
  shell: /^(cases|console|portal)\//,
  cases: /^(console|portal)\//,
};

/** Why a module must not name another; null: it may. */
function fault(from: string, to: string): string | null {
  if (application(to) !== undefined && application(from) !== application(to))
    return "the other application's";
  if (screen(to) !== undefined && screen(from) !== screen(to)) return "another screen's";
  if (ABOVE[from.split("/")[0] ?? ""]?.test(to)) return "of a floor above";
  return null;
}

const faults = (files: readonly File[]) =>
  files.flatMap((file) =>
    imports(file).flatMap((to) => {
      const why = fault(file.path, to);
      return why === null ? [] : [`${file.path}: ${to} is ${why}`];
    }),
  );

it("nobody knows the other application, another screen or a floor above", () => {
  const read = modules();
  expect(read.length).toBeGreaterThan(300);
  expect(faults(read)).toEqual([]);
});

it.each([
  ["console/screens/a/A.tsx", 'import { b } from "../../../portal/own";'],
  ["portal/own.ts", 'export type { B } from "../console/wire";'],
  ["console/screens/a/A.tsx", 'import type { B } from "../b/b";'],
  ["console/wire.ts", 'export * from "./screens/b/b";'],
  ["portal/screens/a/A.tsx", 'const b = () => import("../b/B");'],
  ["parts/Button.tsx", 'import { useRead } from "../wire/queries";'],
  ["wire/bills.ts", 'import type { Bill } from "../portal/screens/bills/bill";'],
])("%s is found with: %s", (path, text) => {
  expect(faults([{ path, text }])).toHaveLength(1);
});

it.each([
  ["console/screens/a/A.tsx", 'import { b } from "./b"; import { c } from "../../place";'],
  ["portal/navigation.ts", 'import { registry } from "../shell/screens";'],
  ["parts/Button.tsx", 'import { Button } from "react-aria-components/Button";'],
])("%s may have: %s", (path, text) => {
  expect(faults([{ path, text }])).toEqual([]);
});

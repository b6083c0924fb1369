// WCAG 2.2 contrast of the page's colours, computed from tokens.css in both themes.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const css = readFileSync(join(import.meta.dirname, "../../src/style/tokens.css"), "utf8");

function tokens(selector: string): Map<string, string> {
  const block = css.slice(css.indexOf(`${selector} {\n  color-scheme`)).split("}")[0] ?? "";
  return new Map(
    [...block.matchAll(/(--[\w-]+): (#[0-9a-f]{6});/g)].map(([, k, v]) => [k ?? "", v ?? ""]),
  );
}

/** Relative luminance, WCAG 2.2 definition. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

const TEXT = ["--text", "--muted", "--accent", "--good", "--warning", "--bad", "--unknown"];
const DRAWN = [
  ...["--series-0", "--series-1", "--series-2", "--series-3", "--series-4", "--series-5"],
  ...["--supply", "--demand", "--control", "--focus", "--accepted", "--rejected", "--paradox"],
];
const PAIRS: [string, string, number][] = [
  ...TEXT.flatMap((each): [string, string, number][] => [
    [each, "--surface", 4.5],
    [each, "--raised", 4.5],
  ]),
  ["--text", "--ground", 4.5],
  ["--muted", "--ground", 4.5],
  ["--on-accent", "--accent", 4.5],
  ...["good", "warning", "bad", "unknown", "accent"].flatMap((each): [string, string, number][] => [
    [`--${each}`, `--${each}-ground`, 4.5],
    ["--text", `--${each}-ground`, 4.5],
  ]),
  ["--supply", "--surface", 4.5],
  ["--demand", "--surface", 4.5],
  ...DRAWN.map((each): [string, string, number] => [each, "--surface", 3]),
];

describe.each([
  ["light", ":root"],
  ["dark", ':root[data-theme="dark"]'],
])("the %s theme", (_name, selector) => {
  const found = tokens(selector);
  it.each(PAIRS)("%s on %s has a contrast of at least %d", (front, back, least) => {
    const [a, b] = [found.get(front), found.get(back)];
    expect(a, front).toBeDefined();
    expect(b, back).toBeDefined();
    expect(contrast(a ?? "", b ?? "")).toBeGreaterThanOrEqual(least);
  });
});

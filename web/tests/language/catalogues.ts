// The catalogues as they lie in the folder, and the source that speaks them.

import { readFileSync, readdirSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";

export type Tree = { [key: string]: string | Tree };

export const SOURCE = join(import.meta.dirname, "../../src");

/** Dotted keys and their texts. */
export function flat(tree: Tree, before = ""): Map<string, string> {
  const result = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === "string") result.set(before + key, value);
    else for (const [inner, text] of flat(value, `${before}${key}.`)) result.set(inner, text);
  }
  return result;
}

const folder = (language: string) => join(SOURCE, "locales", language);

export const namespaces = (language: string): string[] =>
  readdirSync(folder(language))
    .map((name) => name.replace(/\.json$/, ""))
    .sort();

export const catalogue = (language: string, namespace: string): Map<string, string> =>
  flat(JSON.parse(readFileSync(join(folder(language), `${namespace}.json`), "utf8")) as Tree);

export interface File {
  /** From src/ on. */
  path: string;
  text: string;
}

/** Every module under a folder of src/. */
export function modules(under = ""): File[] {
  return readdirSync(join(SOURCE, under), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return { path: relative(SOURCE, path), text: readFileSync(path, "utf8") };
    });
}

export interface Speaker {
  namespace: string;
  /** The catalogue whose type the keys are taken from. */
  typedBy: string;
  /** The folder whose modules say it. */
  folder: string;
}

/** Who speaks a namespace of its own: each `texts.ts`. */
export function speakers(): Speaker[] {
  return modules().flatMap(({ path, text }) => {
    if (basename(path) !== "texts.ts") return [];
    const named = text.match(/textsOf<typeof en>\("(\w+)"\)/)?.[1];
    const typed = text.match(/import type en from "[./]+locales\/en\/(\w+)\.json"/)?.[1];
    if (named === undefined || typed === undefined) return [];
    return [{ namespace: named, typedBy: typed, folder: dirname(path) }];
  });
}

// Both languages say everything, and nothing is kept that nobody says.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { catalogues } from "../../src/language/language";
import en from "../../src/locales/en.json";
import zhCN from "../../src/locales/zh-CN.json";

type Tree = { [key: string]: string | Tree };

function flat(tree: Tree, before = ""): Map<string, string> {
  const result = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === "string") result.set(before + key, value);
    else for (const [inner, text] of flat(value, `${before}${key}.`)) result.set(inner, text);
  }
  return result;
}

const english = flat(en);
const chinese = flat(zhCN);
const holes = (text: string) => [...text.matchAll(/{{(\w+)}}/g)].map(([, name]) => name).sort();

function sources(folder: string): string {
  return readdirSync(folder, { withFileTypes: true })
    .map((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return sources(path);
      return /\.tsx?$/.test(entry.name) ? readFileSync(path, "utf8") : "";
    })
    .join("\n");
}

describe("the catalogues", () => {
  it("have the same keys", () => {
    expect([...chinese.keys()].sort()).toEqual([...english.keys()].sort());
  });

  it("leave no text empty", () => {
    for (const [key, text] of [...english, ...chinese]) expect(text.trim(), key).not.toBe("");
  });

  it("fill the same holes", () => {
    for (const [key, text] of english)
      expect(holes(chinese.get(key) ?? ""), key).toEqual(holes(text));
  });

  it("are in two languages: no English sentence stands in the Chinese one", () => {
    const same = [...english].filter(
      ([key, text]) => chinese.get(key) === text && /[a-z]{3,} [a-z]/.test(text),
    );
    expect(same).toEqual([]);
  });

  it("hold only what the page says", () => {
    const code = sources(join(import.meta.dirname, "../../src"));
    const literal = new Set(
      [...code.matchAll(/["'`]([a-z_]+\.[A-Za-z_]+)["'`]/g)].map(([, key]) => key),
    );
    // A key made of a prefix and a value of the wire, such as `phase.${phase}`.
    const prefixes = [...code.matchAll(/`([a-z_]+\.[a-z_]*)\$\{/g)].map(
      ([, prefix]) => prefix ?? "",
    );
    const unused = [...english.keys()].filter(
      (key) => !literal.has(key) && !prefixes.some((prefix) => key.startsWith(prefix)),
    );
    expect(unused).toEqual([]);
  });

  it("answer in the language asked for", () => {
    const texts = catalogues();
    expect(texts.getFixedT("en")("phase.call")).toBe("Call");
    expect(texts.getFixedT("zh-CN")("phase.call")).toBe("集中申报");
    expect(texts.getFixedT("zh-CN")("health.of", { count: 3, total: 96 })).toBe("3／96");
  });
});

// Both languages say everything, and nothing is kept that nobody says.

import { beforeAll, describe, expect, it } from "vitest";
import { LANGUAGES } from "../../src/language/language";
import { BASE, hasTexts, loadTexts, translator } from "../../src/language/texts";
import { catalogue, modules, namespaces, speakers, type File } from "./catalogues";

const all = namespaces("en");
const holes = (text: string) => [...text.matchAll(/{{(\w+)}}/g)].map(([, name]) => name).sort();

it("both languages have the same namespaces", () => {
  expect(namespaces("zh-CN")).toEqual(all);
  expect(all).toEqual(expect.arrayContaining([...BASE]));
});

it("each namespace besides those of every page is one screen's, typed by its own catalogue", () => {
  const found = speakers();
  expect(found.map(({ namespace }) => namespace).sort()).toEqual(
    all.filter((each) => !(BASE as readonly string[]).includes(each)),
  );
  for (const { namespace, typedBy } of found) expect(typedBy).toBe(namespace);
});

it("a screen's key hides none of those of every page", () => {
  const base = BASE.flatMap((each) => [...catalogue("en", each).keys()]);
  expect(base.length).toBe(new Set(base).size);
  const hidden = speakers().flatMap(({ namespace }) =>
    [...catalogue("en", namespace).keys()].filter((key) => base.includes(key)),
  );
  expect(hidden).toEqual([]);
});

describe.each(all)("the catalogue %s", (namespace) => {
  const english = catalogue("en", namespace);
  const chinese = catalogue("zh-CN", namespace);

  it("has the same keys in both languages", () => {
    expect([...chinese.keys()].sort()).toEqual([...english.keys()].sort());
  });

  it("leaves no text empty", () => {
    for (const [key, text] of [...english, ...chinese]) expect(text.trim(), key).not.toBe("");
  });

  it("fills the same holes", () => {
    for (const [key, text] of english)
      expect(holes(chinese.get(key) ?? ""), key).toEqual(holes(text));
  });

  it("is in two languages: no English sentence stands in the Chinese one", () => {
    const same = [...english].filter(
      ([key, text]) => chinese.get(key) === text && /[a-z]{3,} [a-z]/.test(text),
    );
    expect(same).toEqual([]);
  });

  it("holds only what is said", () => {
    const speaker = speakers().find((each) => each.namespace === namespace);
    expect(unused([...english.keys()], modules(speaker?.folder))).toEqual([]);
  });
});

/** The keys that no module names, whole or as a prefix with a value behind it: `phase.${phase}`. */
function unused(keys: string[], files: File[]): string[] {
  const code = files.map(({ text }) => text).join("\n");
  const literal = new Set([...code.matchAll(/["'`]([\w.-]+)["'`]/g)].map(([, key]) => key));
  const prefixes = [...code.matchAll(/`((?:[\w-]+\.)+[\w-]*)\$\{/g)].map(
    ([, prefix]) => prefix ?? "",
  );
  return keys.filter(
    (key) => !literal.has(key) && !prefixes.some((prefix) => key.startsWith(prefix)),
  );
}

it("an unused key is found", () => {
  const file = { path: "x.tsx", text: 't("a.b"); t(`phase.${phase}`); t("title")' };
  expect(unused(["a.b", "a.c", "phase.call", "title"], [file])).toEqual(["a.c"]);
});

describe("texts", () => {
  beforeAll(async () => {
    for (const language of LANGUAGES) await loadTexts(language, [...BASE, "situation"]);
  });

  it("answer in the language asked for, a screen's own beside those of every page", () => {
    expect(translator("en")("phase.call")).toBe("Call");
    expect(translator("zh-CN")("phase.call")).toBe("集中申报");
    const say = translator<"health.of">("zh-CN", "situation");
    expect(say("health.of", { count: 3, total: 96 })).toBe("3／96");
    expect(say("unit.kwh")).toBe("kWh");
  });

  it("are there once they have come", () => {
    expect(hasTexts("en", ["situation", "words"])).toBe(true);
    expect(hasTexts("en", ["nowhere"])).toBe(false);
  });

  it("of a namespace that does not exist are an error, not silence", async () => {
    await expect(loadTexts("en", ["nowhere"])).rejects.toThrow("no catalogue");
  });
});

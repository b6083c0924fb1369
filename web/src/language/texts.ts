// The catalogues: one file for each language and namespace, fetched when somebody needs its texts.
//
// The one idea: what every page says is in a few base namespaces that are there before the first page
// is drawn; each screen has one more of its own, which comes with the screen. Keys are checked by the
// compiler, so nobody can ask for a text that is not there.

import i18next, { type TFunction } from "i18next";
import type common from "../locales/en/common.json";
import type parts from "../locales/en/parts.json";
import type shell from "../locales/en/shell.json";
import type words from "../locales/en/words.json";
import type { Language } from "./language";

/** The namespaces of every page: units and sides, components, frame and sign-in, words of codes. */
export const BASE = ["common", "parts", "shell", "words"] as const;
type Base = typeof common & typeof parts & typeof shell & typeof words;

/** The keys of a catalogue: `rail.next_gate`. */
export type KeysOf<Catalogue> = {
  [K in keyof Catalogue & string]: Catalogue[K] extends string ? K : `${K}.${KeysOf<Catalogue[K]>}`;
}[keyof Catalogue & string];

/** A key of the base namespaces, or one of a screen's own. */
export type TextKey<Own extends string = never> = KeysOf<Base> | Own;
export type Values = Record<string, string | number>;
export type Translate<Own extends string = never> = (key: TextKey<Own>, values?: Values) => string;

const FILES = import.meta.glob<object>("../locales/*/*.json", { import: "default" });

const texts = i18next.createInstance();
void texts.init({
  initAsync: false,
  fallbackLng: false,
  resources: {},
  // React escapes what it shows.
  interpolation: { escapeValue: false },
});

// `{{count}} {{count, many(one: row; other: rows)}}`: a word by a number that is written beside it, for
// languages that tell one from many. Numbers come as they are shown; none but one is written "1".
texts.services.formatter?.add("many", (value: unknown, _language, words) =>
  String(String(value) === "1" ? words.one : words.other),
);

const waiting = new Map<string, Promise<void>>();
const wanted = new Set<string>(BASE);

/** Whether a language's texts of these namespaces are here. */
export const hasTexts = (language: Language, namespaces: readonly string[]): boolean =>
  namespaces.every((each) => texts.hasResourceBundle(language, each));

/** Brings a language's texts of these namespaces; each is fetched once, and again after a failure. */
export async function loadTexts(language: Language, namespaces: readonly string[]): Promise<void> {
  await Promise.all(namespaces.map((each) => one(language, each)));
}

/** Brings a language's texts of all namespaces that were asked for in any language. */
export const loadAllTexts = (language: Language): Promise<void> => loadTexts(language, [...wanted]);

/** The same promise for as long as the texts are on their way. */
function one(language: Language, namespace: string): Promise<void> {
  wanted.add(namespace);
  const name = `../locales/${language}/${namespace}.json`;
  const before = waiting.get(name);
  if (before) return before;
  const file = FILES[name];
  if (!file) throw new Error(`no catalogue ${name}`);
  const coming = file().then(
    (bundle) => void texts.addResourceBundle(language, namespace, bundle),
    (fault: unknown) => {
      waiting.delete(name);
      throw fault;
    },
  );
  waiting.set(name, coming);
  return coming;
}

/** The texts of a language: a screen's own first, then those of every page. */
export function translator<Own extends string = never>(
  language: Language,
  ...own: string[]
): Translate<Own> {
  const say: TFunction = texts.getFixedT(language, [...own, ...BASE]);
  return say as unknown as Translate<Own>;
}

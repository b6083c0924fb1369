// The page's language: catalogues, and numbers and dates as that language writes them.
//
// The one idea: the server sends codes and decimal strings; every text and every separator is made
// here. Keys are checked by the compiler, so a panel cannot ask for a text that is not there.

import i18next, { type i18n } from "i18next";
import en from "../locales/en.json";
import zhCN from "../locales/zh-CN.json";

export const LANGUAGES = ["en", "zh-CN"] as const;
export type Language = (typeof LANGUAGES)[number];

type Keys<T> = {
  [K in keyof T & string]: T[K] extends string ? K : `${K}.${Keys<T[K]>}`;
}[keyof T & string];
export type TextKey = Keys<typeof en>;
export type Translate = (key: TextKey, values?: Record<string, string | number>) => string;

export function catalogues(): i18n {
  const instance = i18next.createInstance();
  void instance.init({
    initAsync: false,
    fallbackLng: false,
    resources: { en: { translation: en }, "zh-CN": { translation: zhCN } },
    // React escapes what it shows.
    interpolation: { escapeValue: false },
  });
  return instance;
}

const STORED = "wattmarket.language";

/** The language chosen last time, else the browser's first that we speak, else English. */
export function firstLanguage(
  store: Pick<Storage, "getItem">,
  wanted: readonly string[],
): Language {
  const stored = store.getItem(STORED);
  const known = LANGUAGES.find((each) => each === stored);
  if (known) return known;
  for (const tag of wanted) {
    if (/^zh\b/i.test(tag)) return "zh-CN";
    if (/^en\b/i.test(tag)) return "en";
  }
  return "en";
}

export function remember(store: Pick<Storage, "setItem">, language: Language): void {
  store.setItem(STORED, language);
}

// Which languages there are, and which one a person gets first.
//
// The one idea: the server sends codes and decimal strings; every text (texts.ts, words.ts) and every
// separator (format.ts) is made here.

export const LANGUAGES = ["en", "zh-CN"] as const;
export type Language = (typeof LANGUAGES)[number];

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

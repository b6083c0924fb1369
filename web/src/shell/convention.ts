// Whether a rising price is red or green: a habit of the country, and a choice of the person.

import { useEffect, useState } from "react";
import type { Language } from "../language/language";

export const RISES = ["green", "red"] as const;
export type Rise = (typeof RISES)[number];

const STORED = "wattmarket.rise";

/** What was chosen, else the habit where the language is spoken: red is up in China. */
export function firstRise(store: Pick<Storage, "getItem">, language: Language): Rise {
  const stored = store.getItem(STORED);
  return RISES.find((each) => each === stored) ?? (language === "zh-CN" ? "red" : "green");
}

/** Sets `data-rise` on the root, by which the tokens `--rise` and `--fall` get their colours. */
export function useRise(language: Language): [Rise, (rise: Rise) => void] {
  const [chosen, choose] = useState<Rise | null>(null);
  const rise = chosen ?? firstRise(localStorage, language);
  useEffect(() => {
    document.documentElement.dataset.rise = rise;
    if (chosen !== null) localStorage.setItem(STORED, chosen);
  }, [rise, chosen]);
  return [rise, choose];
}

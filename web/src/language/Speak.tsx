// Hands the page its texts and formats.

import { createContext, use, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { Format } from "./format";
import { firstLanguage, remember, type Language } from "./language";
import {
  BASE,
  hasTexts,
  loadAllTexts,
  loadTexts,
  translator,
  type KeysOf,
  type Translate,
} from "./texts";

export interface Speech<Own extends string = never> {
  language: Language;
  setLanguage(language: Language): void;
  t: Translate<Own>;
  format: Format;
}

const SpeechContext = createContext<Speech | null>(null);

/** `zone`: the market's time zone, in which all times are shown; none yet: UTC. */
export function Speak({ zone, children }: { zone: string | undefined; children: ReactNode }) {
  const [language, choose] = useState(() => firstLanguage(localStorage, navigator.languages));
  const chosenLast = useRef(language);
  const speech = useMemo<Speech>(
    () => ({
      language,
      // What is on the screen stays as it is until it can be said in the other language; if another one
      // was chosen meanwhile, texts that come later change nothing.
      setLanguage: (next) => {
        remember(localStorage, next);
        chosenLast.current = next;
        void loadAllTexts(next).then(() => {
          if (chosenLast.current === next) choose(next);
        });
      },
      t: translator(language),
      format: new Format(language, zone),
    }),
    [language, zone],
  );
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  useComing(language, BASE);
  return <SpeechContext value={speech}>{children}</SpeechContext>;
}

/** Texts of every page, and formats. */
export function useSpeech(): Speech {
  const speech = use(SpeechContext);
  if (speech === null) throw new Error("useSpeech outside of Speak");
  return speech;
}

/**
 * Makes a screen's hook for its own texts, besides those of every page: in the screen's `texts.ts`
 *
 *     import type en from "../../../locales/en/orderbook.json";
 *     export const useTexts = textsOf<typeof en>("orderbook");
 *
 * The hook suspends until the catalogue is here.
 */
export function textsOf<Catalogue>(namespace: string): () => Speech<KeysOf<Catalogue>> {
  return () => {
    const speech = useSpeech();
    const { language } = speech;
    useComing(language, [namespace]);
    return useMemo(
      () => ({ ...speech, t: translator<KeysOf<Catalogue>>(language, namespace) }),
      [speech, language, namespace],
    );
  };
}

const promises = new Map<string, Promise<void>>();

/**
 * Waits for texts that are not here. A waiting page must get the same promise each time it is drawn, also
 * when the texts have come meanwhile: who has waited with `use` has to say it again.
 */
function useComing(language: Language, namespaces: readonly string[]): void {
  const name = [language, ...namespaces].join(" ");
  if (!promises.has(name) && hasTexts(language, namespaces)) return;
  let promise = promises.get(name);
  if (!promise) {
    promise = loadTexts(language, namespaces);
    promises.set(name, promise);
    promise.catch(() => promises.delete(name));
  }
  use(promise);
}

// Hands the page its texts and formats.

import { createContext, use, useEffect, useMemo, useState, type ReactNode } from "react";
import { Format } from "./format";
import { catalogues, firstLanguage, remember, type Language, type Translate } from "./language";

interface Speech {
  language: Language;
  setLanguage(language: Language): void;
  t: Translate;
  format: Format;
}

const SpeechContext = createContext<Speech | null>(null);
const TEXTS = catalogues();

export function Speak({ zone, children }: { zone: string | undefined; children: ReactNode }) {
  const [language, choose] = useState(() => firstLanguage(localStorage, navigator.languages));
  const speech = useMemo<Speech>(
    () => ({
      language,
      setLanguage: (next) => {
        remember(localStorage, next);
        choose(next);
      },
      t: TEXTS.getFixedT(language) as Translate,
      format: new Format(language, zone),
    }),
    [language, zone],
  );
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  return <SpeechContext value={speech}>{children}</SpeechContext>;
}

export function useSpeech(): Speech {
  const speech = use(SpeechContext);
  if (speech === null) throw new Error("useSpeech outside of Speak");
  return speech;
}

// How the pages look to this person: light or dark, and which way is red.

import { createContext, use, useMemo, type ReactNode } from "react";
import { useSpeech } from "../language/Speak";
import { useTheme, type Theme } from "../style/theme";
import { useRise, type Rise } from "./convention";

interface Appearance {
  theme: Theme;
  /** What the theme comes to now. */
  shown: "light" | "dark";
  chooseTheme(theme: Theme): void;
  rise: Rise;
  chooseRise(rise: Rise): void;
}

const AppearanceContext = createContext<Appearance | null>(null);

export function AppearanceProvider({ children }: { children: ReactNode }) {
  const { language } = useSpeech();
  const { theme, choose: chooseTheme, shown } = useTheme();
  const [rise, chooseRise] = useRise(language);
  const appearance = useMemo(
    () => ({ theme, shown, chooseTheme, rise, chooseRise }),
    [theme, shown, chooseTheme, rise, chooseRise],
  );
  return <AppearanceContext value={appearance}>{children}</AppearanceContext>;
}

export function useAppearance(): Appearance {
  const appearance = use(AppearanceContext);
  if (appearance === null) throw new Error("useAppearance outside of an application");
  return appearance;
}

/** Changes whenever canvases have to read their colours anew. */
export function useLook(): string {
  const { shown, rise } = useAppearance();
  const { language } = useSpeech();
  return `${shown} ${rise} ${language}`;
}

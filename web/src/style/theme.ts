// Light or dark: the system's wish, or the person's, remembered.

import { useEffect, useState, useSyncExternalStore } from "react";

export const THEMES = ["auto", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const STORED = "wattmarket.theme";
const dark = () => matchMedia("(prefers-color-scheme: dark)");

function heedSystem(listener: () => void) {
  const query = dark();
  query.addEventListener("change", listener);
  return () => query.removeEventListener("change", listener);
}

export function useTheme() {
  const [theme, choose] = useState<Theme>(
    () => THEMES.find((each) => each === localStorage.getItem(STORED)) ?? "auto",
  );
  const system = useSyncExternalStore(heedSystem, () => (dark().matches ? "dark" : "light"));
  const shown = theme === "auto" ? system : theme;
  // Before the page is painted and before charts read their colours.
  document.documentElement.dataset.theme = shown;
  useEffect(() => localStorage.setItem(STORED, theme), [theme]);
  return { theme, choose, shown };
}

/** The value of one of the page's colour variables, for canvases. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

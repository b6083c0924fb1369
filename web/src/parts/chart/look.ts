// How the page looks now: pictures on canvas are drawn anew when the theme or the convention of
// rising and falling changes.

import { useSyncExternalStore } from "react";
import { colour } from "../../style/theme";

function subscribe(listener: () => void): () => void {
  const watch = new MutationObserver(listener);
  watch.observe(document.documentElement, {
    attributes: true,
    attributeFilter: ["data-theme", "data-rise"],
  });
  return () => watch.disconnect();
}

function look(): string {
  const { theme = "light", rise = "green" } = document.documentElement.dataset;
  return `${theme} ${rise}`;
}

export const useLook = (): string => useSyncExternalStore(subscribe, look);

/** The page's colours by their names, without the dashes in front. */
export type Palette = (name: string) => string;

export const palette: Palette = (name) => colour(`--${name}`);

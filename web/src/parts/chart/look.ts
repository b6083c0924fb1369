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

/** A colour between two of the page's (`#rrggbb`), 0 the first. */
export function mixed(low: string, high: string, part: number): string {
  const channel = (text: string, at: number) => parseInt(text.slice(at, at + 2), 16);
  const share = Math.max(0, Math.min(1, part));
  return `#${[1, 3, 5]
    .map((at) => Math.round(channel(low, at) * (1 - share) + channel(high, at) * share))
    .map((value) => value.toString(16).padStart(2, "0"))
    .join("")}`;
}

export const palette: Palette = (name) => colour(`--${name}`);

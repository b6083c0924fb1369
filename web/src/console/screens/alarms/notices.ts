// What the channel `alarms` says beside the alarms themselves.

import type { Envelope } from "../../../wire/types";
import type { Notice } from "./alarms";

/** Kept as long as the page is open; the server's snapshot holds the last 100. */
const KEPT = 200;

export const FIRST: readonly Notice[] = [];

export function heard(notices: readonly Notice[], message: Envelope): readonly Notice[] {
  if (message.type === "snapshot") {
    const { items } = message.data as { items: Notice[] };
    return [...items].reverse();
  }
  const data = message.data as { event?: string } & Notice;
  return data.event === "notice" ? [data, ...notices].slice(0, KEPT) : notices;
}

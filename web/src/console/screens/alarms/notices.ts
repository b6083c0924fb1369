// What the channel `alarms` says beside the alarms themselves.

import type { MessageOf, Notice } from "../../../wire/types";

/** Kept as long as the page is open; the server's snapshot holds the last 100. */
const KEPT = 200;

export const FIRST: readonly Notice[] = [];

export function heard(notices: readonly Notice[], message: MessageOf<"alarms">): readonly Notice[] {
  if (message.type === "snapshot") return [...message.data.items].reverse();
  const { data } = message;
  return data.event === "notice" ? [data, ...notices].slice(0, KEPT) : notices;
}

// Alerts as the market tells them: what of them says what, and where it leads.

import type { Schemas } from "../../../wire/client";
import type { Tone } from "../../../parts/text/State";

export type Severity = Schemas["Severity"];

export const KINDS = [
  ...(["message", "alarm", "device_offline", "unusual_use", "price"] as const),
  ...(["bill_due", "case"] as const),
] as const;

export interface MessageText {
  language: string;
  title: string;
  text: string;
}

export type Alert = Schemas["Alert"];

/** From when on one wants to be told; null: not at all. */
export type AlertSettings = Schemas["AlertSettings"];

export const ALERTS = "/v1/markets/{market}/account/alerts";
export const SETTINGS = "/v1/markets/{market}/account/alert-settings";
/** So many are read with one word. */
export const READ_MOST = 200;

export const TONES: Record<Severity, Tone> = {
  critical: "bad",
  major: "bad",
  warning: "warning",
  info: "accent",
};

/** The message in the reader's language, else in the first it was written in. */
export function messageOf({ parameters }: Alert, language: string): MessageText | null {
  const texts = parameters.texts;
  if (!Array.isArray(texts)) return null;
  const all = texts as MessageText[];
  return all.find((each) => each.language === language) ?? all[0] ?? null;
}

/** A parameter that is a text; null: there is none. */
export function told({ parameters }: Alert, name: string): string | null {
  const value = parameters[name];
  return typeof value === "string" ? value : null;
}

export interface Way {
  /** Id of the screen. */
  screen: string;
  /** Within the portal. */
  to: string;
}

/** Where an alert leads; null: it says all there is. */
export function wayOf({ kind, link }: Alert): Way | null {
  const id = (value = "") => encodeURIComponent(value);
  switch (kind) {
    case "message":
      return null;
    case "alarm":
    case "device_offline":
      return { screen: "devices", to: `/devices?unit=${id(link.unit_id)}` };
    case "unusual_use":
      return { screen: "energy", to: `/energy?day=${id(link.day)}` };
    case "price":
      return { screen: "trade", to: "/trade" };
    case "bill_due":
      return { screen: "bills", to: `/bills/${id(link.bill_id)}` };
    case "case":
      return { screen: "service", to: `/service/${id(link.case_id)}` };
  }
}

/** Alerts by the local day on which they came, the newest first, as they are listed. */
export function byDay<T extends { at: string }>(
  alerts: readonly T[],
  dayOf: (at: string) => string,
): { day: string; alerts: T[] }[] {
  const days: { day: string; alerts: T[] }[] = [];
  for (const alert of alerts) {
    const day = dayOf(alert.at);
    const last = days.at(-1);
    if (last?.day === day) last.alerts.push(alert);
    else days.push({ day, alerts: [alert] });
  }
  return days;
}

/** In pieces that the market takes at one time. */
export function inPieces<T>(items: readonly T[], most: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / most) }, (_, n) =>
    items.slice(n * most, (n + 1) * most),
  );
}

// Alarms as the market tells them, and which of them comes first.

import type { Tone } from "../parts/text/State";
import type { Schemas } from "../wire/client";

export const SEVERITIES = ["critical", "major", "warning", "info"] as const;
export type Severity = (typeof SEVERITIES)[number];

export type Alarm = Schemas["Alarm"];

export const ALARMS = "/v1/markets/{market}/alarms";

export const TONES: Record<Severity, Tone> = {
  critical: "bad",
  major: "bad",
  warning: "warning",
  info: "unknown",
};

const rank = (alarm: Alarm) => SEVERITIES.indexOf(alarm.severity);
const STATES = ["open", "acknowledged", "closed"] as const;

/** What nobody has taken on yet comes first, of that the worst, of that the oldest. */
export function byUrgency(a: Alarm, b: Alarm): number {
  return (
    STATES.indexOf(a.state) - STATES.indexOf(b.state) ||
    rank(a) - rank(b) ||
    Date.parse(a.raised_at) - Date.parse(b.raised_at)
  );
}

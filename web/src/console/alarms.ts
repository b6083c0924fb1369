// Alarms as the market tells them, and which of them comes first.

import type { Tone } from "../parts/text/State";
import type { Page } from "../wire/client";

export const SEVERITIES = ["critical", "major", "warning", "info"] as const;
export type Severity = (typeof SEVERITIES)[number];

export interface AlarmComment {
  by: string;
  at: string;
  text: string;
}

export interface Alarm {
  alarm_id: string;
  kind: string;
  severity: Severity;
  level: "unit" | "area" | "market";
  member_id: string;
  parameters: Record<string, string>;
  state: "open" | "acknowledged" | "closed";
  raised_at: string;
  raised_by: string | null;
  acknowledged_at: string | null;
  acknowledged_by: string | null;
  closed_at: string | null;
  closed_by: string | null;
  comments: AlarmComment[];
}

declare module "../wire/answers" {
  interface Answers {
    "GET /v1/markets/{market}/alarms": Page<Alarm>;
    "POST /v1/markets/{market}/alarms/{alarm_id}:acknowledge": Alarm;
    "POST /v1/markets/{market}/alarms/{alarm_id}:comment": Alarm;
    "POST /v1/markets/{market}/alarms/{alarm_id}:close": Alarm;
  }
}

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

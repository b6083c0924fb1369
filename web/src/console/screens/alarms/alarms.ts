// Alarms as the market tells them, and what of them is worth being seen first.

import type { Page } from "../../../wire/client";
import type { Tone } from "../../../parts/text/State";

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

declare module "../../../wire/answers" {
  interface Answers {
    "GET /v1/markets/{market}/alarms": Page<Alarm>;
    "POST /v1/markets/{market}/alarms/{alarm_id}:acknowledge": Alarm;
    "POST /v1/markets/{market}/alarms/{alarm_id}:comment": Alarm;
    "POST /v1/markets/{market}/alarms/{alarm_id}:close": Alarm;
  }
}

/** Something the market says to everybody who operates it: a halt, a fallback, a fault. */
export interface Notice {
  code: string;
  at: string;
  start: string | null;
  area: string | null;
  details: Record<string, string | number | null>;
}

export const TONES: Record<Severity, Tone> = {
  critical: "bad",
  major: "bad",
  warning: "warning",
  info: "unknown",
};

export const ROW_TONES = { critical: "bad", major: "bad", warning: "warning" } as const;

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

export interface Count {
  severity: Severity;
  /** Nobody has acknowledged these yet. */
  open: number;
  acknowledged: number;
}

/** How many are not closed, by severity, the worst first. */
export function counts(alarms: readonly Alarm[]): Count[] {
  return SEVERITIES.map((severity) => {
    const of = alarms.filter((alarm) => alarm.severity === severity);
    return {
      severity,
      open: of.filter(({ state }) => state === "open").length,
      acknowledged: of.filter(({ state }) => state === "acknowledged").length,
    };
  });
}

/** The longest that something has waited for somebody to look at it. */
export function oldestOpen(alarms: readonly Alarm[]): Alarm | null {
  const open = alarms.filter(({ state }) => state === "open");
  return open.reduce<Alarm | null>(
    (oldest, each) =>
      oldest === null || Date.parse(each.raised_at) < Date.parse(oldest.raised_at) ? each : oldest,
    null,
  );
}

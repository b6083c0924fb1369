// Alarms as the market tells them, and what of them is worth being seen first.

import { SEVERITIES, type Alarm, type Severity } from "../../alarms";

export const ROW_TONES = { critical: "bad", major: "bad", warning: "warning" } as const;

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

// How units stand: what was read over HTTP, overlaid by what their areas' channels have said since. Pure.

import type { Limit, MessageOf, Setpoint, UnitReport } from "../../../wire/types";
import { decimal, compare } from "../../../language/decimal";
import type { UnitRow } from "./wire";

/** With the market time it was said at; of a snapshot nobody knows it. */
type Report = UnitReport & { at?: string };

/** The newest words about one unit. */
export interface Words {
  report?: Report;
  setpoints: readonly Setpoint[];
  limits: readonly Limit[];
}

export type Heard = ReadonlyMap<string, Words>;

/** Words kept of each kind: the running interval's and those of some to come. */
const KEPT_MAX = 16;
const NO_WORDS: Words = { setpoints: [], limits: [] };

/** What a message of the channel `area` changes. */
export function hear(heard: Heard, message: MessageOf<"area">): Heard {
  const next = new Map(heard);
  const put = (unitId: string, change: Partial<Words>) =>
    next.set(unitId, { ...(next.get(unitId) ?? NO_WORDS), ...change });
  if (message.type === "snapshot") {
    const { units, reports, setpoints, limits } = message.data;
    for (const unitId of units) {
      const { report } = next.get(unitId) ?? {};
      next.set(unitId, { ...NO_WORDS, ...(report === undefined ? {} : { report }) });
    }
    for (const report of reports) {
      put(report.unit_id, { report: { ...next.get(report.unit_id)?.report, ...report } });
    }
    aim(next, setpoints);
    narrow(next, limits);
    return next;
  }
  const { data } = message;
  if (data.event === "state") put(data.unit_id, { report: data });
  else if (data.event === "setpoints") aim(next, data.setpoints);
  else if (data.event === "limits") narrow(next, data.limits);
  else return heard;
  return next;
}

function aim(next: Map<string, Words>, setpoints: readonly Setpoint[]): void {
  for (const item of setpoints) {
    const known = next.get(item.unit_id) ?? NO_WORDS;
    const others = known.setpoints.filter(({ start }) => start !== item.start);
    next.set(item.unit_id, { ...known, setpoints: [...others, item].slice(-KEPT_MAX) });
  }
}

function narrow(next: Map<string, Words>, limits: readonly Limit[]): void {
  for (const item of limits) {
    const known = next.get(item.unit_id) ?? NO_WORDS;
    const others = known.limits.filter(({ from }) => from !== item.from);
    next.set(item.unit_id, { ...known, limits: [...others, item].slice(-KEPT_MAX) });
  }
}

/** The row as it is at an instant, what was heard on top. */
export function overlaid(row: UnitRow, words: Words | undefined, nowMs: number): UnitRow {
  if (words === undefined) return row;
  const { report } = words;
  const ahead = words.setpoints.filter(({ until }) => Date.parse(until) > nowMs);
  const setpoint = ahead.reduce<Setpoint | undefined>(
    (first, each) => (first === undefined || each.start < first.start ? each : first),
    undefined,
  );
  const limit = words.limits.findLast(
    ({ from, until }) => Date.parse(from) <= nowMs && Date.parse(until) > nowMs,
  );
  return {
    ...row,
    ...(report === undefined
      ? {}
      : {
          ...{ state: report.state, cause: report.cause, connected: report.connected },
          ...{ target_kw: report.target_kw, power_kw: report.power_kw },
          voltage_pu: report.voltage_pu,
          heard_at: report.at ?? row.heard_at,
        }),
    ...(setpoint === undefined
      ? {}
      : {
          setpoint_kw: setpoint.target_kw,
          setpoint_start: setpoint.start,
          setpoint_until: setpoint.until,
          setpoint_sequence: setpoint.sequence,
        }),
    ...(limit === undefined
      ? {}
      : {
          limit_injection_kw: limit.injection_max_kw,
          limit_withdrawal_kw: limit.withdrawal_max_kw,
          limit_until: limit.until,
          limit_reason: limit.reason,
        }),
  };
}

/** One word for how a unit stands: the first that applies, what a person has to know of first. */
export type Standing =
  | "emergency_stop"
  | "locked"
  | "tripped"
  | "failsafe"
  | "alarm"
  | "silent"
  | "stop"
  | "overridden"
  | "stale"
  | "coming"
  | "apart"
  | "well"
  | "unheard";

export function standing(row: UnitRow): Standing {
  if (row.stopped === "emergency_stop") return "emergency_stop";
  if (row.state === "locked" || row.state === "tripped") return row.state;
  if (row.state === "failsafe") return "failsafe";
  if (row.severity !== null && row.severity !== "info") return "alarm";
  if (row.silent) return "silent";
  if (row.stopped === "stop" || row.state === "stopped") return "stop";
  if (row.limit_reason) return "overridden";
  if (row.state === "stale") return "stale";
  if (row.state === "init" || row.state === "connecting" || row.state === "recovery")
    return "coming";
  if (acknowledged(row) === false) return "apart";
  return row.state === null ? "unheard" : "well";
}

export const TONES = {
  emergency_stop: "bad",
  locked: "bad",
  tripped: "bad",
  failsafe: "bad",
  alarm: "bad",
  silent: "warning",
  stop: "warning",
  overridden: "warning",
  stale: "warning",
  coming: "accent",
  apart: "warning",
  well: "good",
  unheard: "unknown",
} as const satisfies Record<Standing, "good" | "warning" | "bad" | "unknown" | "accent">;

/** Whether the unit follows what it was told, by its own word; null: it has said nothing, or was told nothing. */
export function acknowledged(row: UnitRow): boolean | null {
  const [said, told] = [row.target_kw, row.setpoint_kw].map((text) =>
    text === null ? null : decimal(text),
  );
  return said && told ? compare(said, told) === 0 : null;
}

/** What it runs at: its own word, else the mean its meter read last. */
export function runsAt(row: UnitRow): { kw: string; metered: boolean } | null {
  if (row.power_kw !== null) return { kw: row.power_kw, metered: false };
  return row.metered_kw === null ? null : { kw: row.metered_kw, metered: true };
}

/** Sum of decimal strings with three places; null: none of them is known. */
export function summed(values: readonly (string | null)[]): string | null {
  const known = values.filter((each) => each !== null);
  if (known.length === 0) return null;
  const watts = known.reduce((total, each) => total + Math.round(Number(each) * 1000), 0);
  return (watts / 1000).toFixed(3);
}

export const SHOWN = ["all", "needs", "silent", "overridden", "failsafe"] as const;
export type Shown = (typeof SHOWN)[number];

const NEEDS: ReadonlySet<Standing> = new Set([
  ...(["emergency_stop", "locked", "tripped", "failsafe", "alarm", "silent", "apart"] as const),
]);

/** Whether a choice of states lets a unit be seen. */
export function isShown(row: UnitRow, shown: Shown): boolean {
  switch (shown) {
    case "all":
      return true;
    case "needs":
      return NEEDS.has(standing(row));
    case "silent":
      return row.silent;
    case "overridden":
      return row.stopped !== null || Boolean(row.limit_reason);
    case "failsafe":
      return row.state === "failsafe" || row.state === "stale";
  }
}

/** Whether a unit has every word of a search in its id, owner or area. */
export function found(row: UnitRow, search: string): boolean {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const text = `${row.unit_id} ${row.participant_id} ${row.area_id} ${row.kind}`.toLowerCase();
  return words.every((each) => text.includes(each));
}

export interface Counts {
  units: number;
  heard: number;
  silent: number;
  failsafe: number;
  overridden: number;
  needs: number;
}

export function countsOf(rows: readonly UnitRow[]): Counts {
  const many = (shown: Shown) => rows.filter((row) => isShown(row, shown)).length;
  return {
    units: rows.length,
    heard: rows.filter(({ state }) => state !== null).length,
    silent: many("silent"),
    failsafe: many("failsafe"),
    overridden: many("overridden"),
    needs: many("needs"),
  };
}

// A day of sessions as a clock has it, what is next, and what is overdue: pure.

import { doubledHour, instants, local } from "../../../language/zone";
import type { Tone } from "../../../parts/text/State";
import type { Phase } from "../../../wire/types";
import type { Session } from "../../wire";

export interface HourRow {
  key: string;
  /** `02`, or the trade's name of an hour that comes twice, `3A`. */
  label: string;
  sessions: Session[];
}

/** The day's sessions by the hour on the wall: 23, 24 or 25 rows. */
export function hourRows(sessions: readonly Session[], zone: string): HourRow[] {
  const rows: HourRow[] = [];
  for (const session of sessions) {
    const ms = Date.parse(session.start);
    const { hour, day } = local(ms, zone);
    const twice = doubledHour(ms, zone);
    const key = `${day} ${twice ?? hour}`;
    const last = rows.at(-1);
    if (last?.key === key) last.sessions.push(session);
    else rows.push({ key, label: twice ?? String(hour).padStart(2, "0"), sessions: [session] });
  }
  return rows;
}

/** The steps of a session that have a time of their own, in order. */
export const STEPS = ["close_gate", "clear", "end_delivery", "settle"] as const;
export type StepName = (typeof STEPS)[number];

const NEXT: Partial<Record<Phase, StepName>> = {
  scheduled: "close_gate",
  call: "close_gate",
  continuous: "close_gate",
  volatility_call: "close_gate",
  halt: "close_gate",
  frozen: "close_gate",
  locked: "clear",
  delivery_lock: "end_delivery",
  settling: "settle",
};

/** What a session has to do next; null: it is settled. */
export const nextStep = ({ phase }: Session): StepName | null => NEXT[phase] ?? null;

/** By when. The market's clock waits for the solver, so a result is due at the gate itself. */
export function dueMs(session: Session, step: StepName): number {
  const at: Record<StepName, string> = {
    close_gate: session.gate_at,
    clear: session.gate_at,
    end_delivery: session.ends_at,
    settle: session.settles_at,
  };
  return Date.parse(at[step]);
}

export interface Deadline {
  session: Session;
  step: StepName;
  dueMs: number;
}

/** The next deadline of each step, soonest first; sessions in order of time. */
export function deadlines(sessions: readonly Session[]): Deadline[] {
  const found = new Map<StepName, Deadline>();
  for (const session of sessions) {
    const step = nextStep(session);
    if (step === null) continue;
    const due = dueMs(session, step);
    const before = found.get(step);
    if (!before || due < before.dueMs) found.set(step, { session, step, dueMs: due });
  }
  // Of two at the same time the earlier step of the road: a gate concerns everybody who orders.
  const place = ({ step }: Deadline) => STEPS.indexOf(step);
  return [...found.values()].sort((a, b) => a.dueMs - b.dueMs || place(a) - place(b));
}

/** What is done at its instant is late when it was not heard of this much later, market ms. */
export const GRACE_MS = 60_000;

export const isOverdue = (session: Session, nowMs: number): boolean => {
  const step = nextStep(session);
  return step !== null && nowMs - dueMs(session, step) > GRACE_MS;
};

export type MarkName = "fault" | "cancelled" | "lesser" | "stopped" | "overdue";

const STOPPED: readonly Phase[] = ["halt", "frozen", "volatility_call"];

/** The worst that is to be said of a session besides its phase; null: nothing. */
export function markOf(session: Session, nowMs: number | null): MarkName | null {
  if ((session.audit_faults?.length ?? 0) > 0) return "fault";
  if (session.rung === "cancelled") return "cancelled";
  if (nowMs !== null && isOverdue(session, nowMs)) return "overdue";
  if (STOPPED.includes(session.phase)) return "stopped";
  return session.rung !== null && session.rung !== "optimal" ? "lesser" : null;
}

export const MARK_TONES: Record<MarkName, Tone> = {
  fault: "bad",
  cancelled: "bad",
  overdue: "bad",
  stopped: "warning",
  lesser: "warning",
};

/** How many sessions have each mark, worst first. */
export function marks(sessions: readonly Session[], nowMs: number | null): [MarkName, number][] {
  const counts = new Map<MarkName, number>();
  for (const session of sessions) {
    const mark = markOf(session, nowMs);
    if (mark !== null) counts.set(mark, (counts.get(mark) ?? 0) + 1);
  }
  return (Object.keys(MARK_TONES) as MarkName[]).flatMap((mark): [MarkName, number][] => {
    const count = counts.get(mark);
    return count === undefined ? [] : [[mark, count]];
  });
}

/** Which cell the arrow keys lead to; the same one where there is none. */
export function moved(rows: readonly HourRow[], start: string, key: string): string {
  const y = rows.findIndex(({ sessions }) => sessions.some((each) => each.start === start));
  const row = rows[y];
  if (row === undefined) return start;
  const x = row.sessions.findIndex((each) => each.start === start);
  const at = (line: HourRow | undefined, column: number) =>
    line?.sessions[Math.min(column, line.sessions.length - 1)]?.start;
  const flat = rows.flatMap(({ sessions }) => sessions);
  const index = flat.findIndex((each) => each.start === start);
  switch (key) {
    case "ArrowLeft":
      return flat[index - 1]?.start ?? start;
    case "ArrowRight":
      return flat[index + 1]?.start ?? start;
    case "ArrowUp":
      return at(rows[y - 1], x) ?? start;
    case "ArrowDown":
      return at(rows[y + 1], x) ?? start;
    case "Home":
      return flat[0]?.start ?? start;
    case "End":
      return flat.at(-1)?.start ?? start;
    default:
      return start;
  }
}

/**
 * The starts of the same time on the wall on earlier days, latest first. In the hour that comes twice it
 * is the first of the two; on a day that has no such time there is none.
 */
export function earlierStarts(startMs: number, zone: string, days: number): number[] {
  const { year, month, day, hour, minute } = local(startMs, zone);
  return Array.from({ length: days }, (_, back) => {
    const date = new Date(Date.UTC(year, month - 1, day - back - 1));
    const wanted = {
      ...{ year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() },
      ...{ hour, minute },
    };
    return instants(wanted, zone)[0];
  }).filter((ms) => ms !== undefined);
}

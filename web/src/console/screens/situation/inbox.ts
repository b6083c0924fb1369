// What waits for whoever operates the market, in numbers: pure.

import { nextDue, type Case } from "../../../cases/cases";
import { byUrgency, type Alarm } from "../../alarms";

/** So much is left of a case's next target, or less: it is near. Market time. */
export const NEAR_MS = 60 * 60_000;

export interface CaseCounts {
  /** Past a target that was not met. */
  late: number;
  /** Not late, but near its next target. */
  near: number;
  /** Disputed bills that are not decided. */
  disputes: number;
}

export function caseCounts(cases: readonly Case[], nowMs: number): CaseCounts {
  const open = cases.filter(({ state }) => state !== "closed");
  const left = open.map((each) => (nextDue(each)?.dueMs ?? Infinity) - nowMs);
  return {
    late: left.filter((ms) => ms < 0).length,
    near: left.filter((ms) => ms >= 0 && ms <= NEAR_MS).length,
    disputes: open.filter(({ kind }) => kind === "bill_dispute").length,
  };
}

/** What is to be looked at first of what nobody has acknowledged; null: nothing is. */
export function worstOf(alarms: readonly Alarm[]): Alarm | null {
  const open = alarms.filter(({ state }) => state === "open");
  return open.toSorted(byUrgency)[0] ?? null;
}

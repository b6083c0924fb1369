// What runs, bills and accounts come to: sums in exact decimals, and how complete a day's readings are.

import { decimal, decimalText, sum } from "../../../language/decimal";
import type { Withdrawal } from "./money";
import type { Bill, Difference, Run } from "./wire";

export const READINGS = ["measured", "late", "linear", "like_day", "schedule"] as const;
export type Reading = (typeof READINGS)[number];

export interface ReadingRow {
  reading: Reading;
  count: number;
  /** Of all unit-intervals of the day, parts per million. */
  ppm: number;
}

/** Where a run's readings came from. */
export function readingsOf(run: Run): ReadingRow[] {
  const total = READINGS.reduce((all, reading) => all + run[reading], 0);
  return READINGS.map((reading) => ({
    reading,
    count: run[reading],
    ppm: total === 0 ? 0 : Math.round((run[reading] * 1_000_000) / total),
  }));
}

/** Unit-intervals that were read rather than stood in for, parts per million; null: there are none. */
export function completePpm(run: Run): number | null {
  const read = run.measured + run.late;
  const total = read + run.substituted;
  return total === 0 ? null : Math.round((read * 1_000_000) / total);
}

/** How far a run is, percent: its areas are settled first, then it is recorded and booked. */
export function progressOf({ state, areas, areas_done }: Run): number {
  if (state === "finished") return 100;
  return areas === 0 ? 0 : Math.floor((areas_done * 95) / areas);
}

export interface Moved {
  kind: string;
  amount: string;
  count: number;
}

/** What a run has moved, by kind, as one sum each. */
export function movedByKind(differences: readonly Difference[]): Moved[] {
  const kinds = new Map<string, string[]>();
  for (const { kind, amount } of differences) {
    kinds.set(kind, [...(kinds.get(kind) ?? []), amount]);
  }
  return [...kinds].map(([kind, amounts]) => ({
    ...{ kind, amount: total(amounts), count: amounts.length },
  }));
}

/** The exact sum of decimal strings. */
export function total(amounts: Iterable<string>): string {
  const read = [...amounts].flatMap((each) => decimal(each) ?? []);
  return decimalText(sum(read));
}

export interface Billing {
  drafts: number;
  issued: number;
  disputed: number;
  overdue: number;
  total: string;
  open: string;
}

/** A month's bills at a glance; what was replaced by a later version counts nowhere. */
export function billingOf(bills: readonly Bill[]): Billing {
  const standing = bills.filter(({ state }) => state !== "replaced");
  return {
    drafts: standing.filter(({ state }) => state === "draft").length,
    issued: standing.filter(({ state }) => state === "issued").length,
    disputed: standing.filter(({ disputes }) => disputes.some(({ state }) => state !== "closed"))
      .length,
    overdue: standing.filter(({ payment_state }) => payment_state === "overdue").length,
    total: total(standing.map(({ total_amount }) => total_amount)),
    open: total(standing.flatMap(({ open_amount }) => open_amount ?? [])),
  };
}

/** The months of the days between two (`2016-06-30`), `2016-06` and so on, the last one first. */
export function monthsBetween(first: string, last: string): string[] {
  const months: string[] = [];
  let [year = 0, month = 1] = last.split("-").map(Number);
  for (;;) {
    const text = `${year}-${String(month).padStart(2, "0")}`;
    if (text < first.slice(0, 7)) return months;
    months.push(text);
    month -= 1;
    if (month === 0) [year, month] = [year - 1, 12];
  }
}

/** Whether an amount is nothing, to the last of its places. */
export const isZero = (amount: string): boolean => decimal(amount)?.units === 0n;

const PAYOUTS = ["requested", "approved", "sent", "paid"] as const;

/** Payouts by how far they are: how many, and what they come to. */
export function payoutsOf(all: readonly Withdrawal[]) {
  const of = (wanted: Withdrawal["state"]) => {
    const found = all.filter(({ state }) => state === wanted);
    return { count: found.length, amount: total(found.map(({ amount }) => amount)) };
  };
  return Object.fromEntries(PAYOUTS.map((each) => [each, of(each)])) as Record<
    (typeof PAYOUTS)[number],
    ReturnType<typeof of>
  >;
}

// Blocks: which intervals one is made of, where it goes, and what it is worth. Pure.

import { decimal, decimalText, product } from "../../../language/decimal";
import type { Interval } from "../../../wire/types";
import type { Order } from "./answers";
import { ppmOf } from "./rules";

/** Intervals without a gap from a start on, as many as wanted, all of them traded in the same way. */
export function legsFrom(
  intervals: readonly Interval[],
  start: string,
  count: string,
): readonly Interval[] {
  const first = intervals.findIndex((each) => each.start === start);
  const wanted = decimal(count);
  if (first < 0 || wanted === null || wanted.units <= 0n) return [];
  const legs: Interval[] = [];
  for (const each of intervals.slice(first, first + Math.ceil(Number(count)))) {
    const before = legs.at(-1);
    if (before && (before.end !== each.start || before.phase !== each.phase)) break;
    legs.push(each);
  }
  return legs;
}

/** Kinds of blocks: those that depend on others only go to an opening call. */
export const KINDS = ["block", "linked", "exclusive"] as const;
export type BlockKind = (typeof KINDS)[number];

/** Whether a block of these intervals goes to the day's opening call; else to continuous trading. */
export const isSealed = (legs: readonly Interval[], hasOpeningCall: boolean): boolean =>
  hasOpeningCall && legs[0]?.phase === "call";

/** All of its energy, kWh; null: that of one interval is no number yet. */
export function blockKwh(each: string, legs: number): string | null {
  const energy = decimal(each);
  if (energy === null) return null;
  return decimalText(product(energy, { units: BigInt(legs), places: 0 }));
}

/** The least share of a block; all or none where nothing else is said. Null: no share at all. */
export const leastPpm = (percent: string): number | null =>
  percent.trim() === "" ? 1_000_000 : ppmOf(percent);

/** Own blocks that another one may be linked to. */
export const parentsOf = (orders: readonly Order[]): Order[] =>
  orders.filter(({ kind, state }) => kind === "block" && state === "active");

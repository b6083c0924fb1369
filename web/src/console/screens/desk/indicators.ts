// How well the desk kept its targets: what the market counts by period and kind, taken together.

import type { Schemas } from "../../../wire/client";

export type Indicator = Schemas["Indicator"];

export const MEASURES = ["taken", "answered", "closed"] as const;
export type Measure = (typeof MEASURES)[number];
const COUNTS = [
  ...(["opened", "open", "closed", "reopened", "taken_in_time", "taken_late"] as const),
  ...(["answered_in_time", "answered_late", "closed_in_time", "closed_late"] as const),
  ...(["ratings", "rating_sum"] as const),
] as const;

export type Counts = Omit<Indicator, "period" | "kind">;

export interface Row extends Counts {
  /** A period, or a kind. */
  key: string;
}

/** Sums, by what `key` says of each. */
export function together(items: readonly Indicator[], key: (item: Indicator) => string): Row[] {
  const rows = new Map<string, Row>();
  for (const item of items) {
    const name = key(item);
    const row = rows.get(name) ?? empty(name);
    for (const count of COUNTS) row[count] += item[count];
    rows.set(name, row);
  }
  return [...rows.values()].sort((a, b) => a.key.localeCompare(b.key));
}

const empty = (key: string): Row => ({
  key,
  ...(Object.fromEntries(COUNTS.map((count) => [count, 0])) as unknown as Counts),
});

/** The part that was in time of those of which it is known, ppm; null: of none yet. */
export function share(row: Counts, measure: Measure): number | null {
  const kept = row[`${measure}_in_time`];
  const known = kept + row[`${measure}_late`];
  return known === 0 ? null : Math.floor((kept * 1_000_000) / known);
}

/** Mean of the ratings, 1 to 5; null: nobody has rated. */
export const rating = ({ ratings, rating_sum }: Counts): number | null =>
  ratings === 0 ? null : rating_sum / ratings;

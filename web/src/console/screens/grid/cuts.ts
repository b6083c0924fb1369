// What units were kept from, by interval and reason: pure.

import type { Curtailment } from "./wire";

export interface CutBar {
  start: string;
  /** kWh that were not made or not used, by reason. */
  byReason: ReadonlyMap<string, number>;
}

/** Energy of a piece without its sign, whole Wh. */
const wh = ({ energy_kwh }: Curtailment) => Math.abs(Math.round(Number(energy_kwh) * 1000));

export function cutBars(items: readonly Curtailment[]): CutBar[] {
  const bars = new Map<string, Map<string, number>>();
  for (const item of items) {
    const bar = bars.get(item.start) ?? new Map<string, number>();
    bar.set(item.reason, (bar.get(item.reason) ?? 0) + wh(item));
    bars.set(item.start, bar);
  }
  return [...bars]
    .toSorted(([a], [b]) => Date.parse(a) - Date.parse(b))
    .map(([start, of]) => ({
      start,
      byReason: new Map([...of].map(([reason, energy]) => [reason, energy / 1000])),
    }));
}

/** Reasons that occur, the one with the most energy first. */
export function reasonsOf(items: readonly Curtailment[]): string[] {
  const sums = new Map<string, number>();
  for (const item of items) sums.set(item.reason, (sums.get(item.reason) ?? 0) + wh(item));
  return [...sums].toSorted(([, a], [, b]) => b - a).map(([reason]) => reason);
}

export const totalKwh = (items: readonly Curtailment[]): string =>
  (items.reduce((sum, item) => sum + wh(item), 0) / 1000).toFixed(3);

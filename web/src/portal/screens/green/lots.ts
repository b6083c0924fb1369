// Which certificates an act takes: exactly, on decimal strings.
//
// The one idea: a certificate is of a unit and an interval. Who gives some away gives the oldest first; who
// retires some covers what it used in the same interval, as far as it is not covered yet.

import { compare, decimal, decimalText, sum, type Decimal } from "../../../language/decimal";

/** A lot in one's hands. */
export interface HeldLot {
  unit_id: string;
  source: string;
  area_id: string;
  start: string;
  held_kwh: string;
  owed_kwh: string;
}

/** What was used in an interval, and what of it certificates are retired for. */
export interface Use {
  start: string;
  used_kwh: string;
  green_kwh: string;
}

export interface Part {
  unit_id: string;
  start: string;
  energy_kwh: string;
}

export interface Taken {
  parts: Part[];
  kwh: string;
}

/** Lots that one act may name. */
export const LOTS_MOST = 500;
/** Certificates leave in bundles of 1 MWh. */
const BUNDLE_KWH: Decimal = { units: 1000n, places: 0 };
const NOTHING: Decimal = { units: 0n, places: 0 };

const read = (text: string): Decimal => decimal(text) ?? NOTHING;
const less = (a: Decimal, b: Decimal): Decimal => sum([a, { ...b, units: -b.units }]);
const least = (...all: Decimal[]): Decimal => all.reduce((a, b) => (compare(b, a) < 0 ? b : a));
const some = (value: Decimal): boolean => value.units > 0n;

/** What may be given away of all lots together: held less owed. */
export function freeKwh(lots: readonly HeldLot[]): string {
  const held = sum(lots.map(({ held_kwh }) => read(held_kwh)));
  const free = less(held, sum(lots.map(({ owed_kwh }) => read(owed_kwh))));
  return decimalText(some(free) ? free : NOTHING);
}

/** Whole bundles in so much. */
export function bundlesIn(kwh: string): number {
  const { units, places } = read(kwh);
  return Number(units / (BUNDLE_KWH.units * 10n ** BigInt(places)));
}

/** So much of the lots, the oldest first; less where there is less, or more lots than an act names. */
export function takeOldest(lots: readonly HeldLot[], kwh: string): Taken {
  const oldest = [...lots].sort((a, b) => a.start.localeCompare(b.start));
  return taken(
    oldest.map((lot) => ({ lot, most: read(lot.held_kwh) })),
    read(kwh),
  );
}

/** Lots of intervals in which more was used than is green yet, each as far as that goes. */
export function takeForUse(
  lots: readonly HeldLot[],
  uses: readonly Use[],
  kwh: string | null = null,
): Taken {
  const open = new Map(
    uses.map(({ start, used_kwh, green_kwh }) => [
      Date.parse(start),
      less(read(used_kwh), read(green_kwh)),
    ]),
  );
  const bounded = lots.map((lot) => {
    const at = Date.parse(lot.start);
    const most = least(read(lot.held_kwh), open.get(at) ?? NOTHING);
    if (some(most)) open.set(at, less(open.get(at) ?? NOTHING, most));
    return { lot, most };
  });
  return taken(bounded, kwh === null ? null : read(kwh));
}

function taken(bounded: readonly { lot: HeldLot; most: Decimal }[], wanted: Decimal | null): Taken {
  const parts: Part[] = [];
  let all: Decimal = NOTHING;
  for (const { lot, most } of bounded) {
    const part = wanted === null ? most : least(most, less(wanted, all));
    if (!some(part) || parts.length === LOTS_MOST) continue;
    parts.push({ unit_id: lot.unit_id, start: lot.start, energy_kwh: decimalText(part) });
    all = sum([all, part]);
  }
  return { parts, kwh: decimalText(all) };
}

/** What of a day's use is green, parts per million, with so much more; null: nothing was used. */
export function greenPpm(uses: readonly Use[], more = "0"): number | null {
  const wh = ({ units, places }: Decimal) => units * 10n ** BigInt(Math.max(0, 3 - places));
  const used = wh(sum(uses.map(({ used_kwh }) => read(used_kwh))));
  const green = wh(sum([read(more), ...uses.map(({ green_kwh }) => read(green_kwh))]));
  return used > 0n ? Number((green * 1_000_000n) / used) : null;
}

// What of an interval's result is worth a number: exact, from the decimal strings of the wire.

import { decimal, decimalText, sum, type Decimal } from "../../../language/decimal";
import type { AreaCurves, CurvePoint, Phase } from "../../../wire/types";
import type { AreaPrice, CallKind, Session } from "../../wire";

/** The server's name for all areas together. */
export const WHOLE = "market";

export interface Facts {
  /** Null: no single price (nothing traded, or several areas together). */
  price: string | null;
  soldKwh: string;
  boughtKwh: string;
  /** Sold less bought: what an area gives out; of the whole market what is lost on the lines. */
  netKwh: string;
}

const number = (text: string): Decimal => decimal(text) ?? { units: 0n, places: 0 };
const negative = ({ units, places }: Decimal): Decimal => ({ units: -units, places });

/** `a` less `b`, exact; null where one of them is not known. */
export function less(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return null;
  return decimalText(sum([number(a), negative(number(b))]));
}

/** The result of an area, or of all together; null: there is none. */
export function factsOf(prices: readonly AreaPrice[], areaId: string): Facts | null {
  const found = prices.filter((each) => areaId === WHOLE || each.area_id === areaId);
  if (found.length === 0) return null;
  const total = (kwh: (each: AreaPrice) => string) =>
    decimalText(sum(found.map((each) => number(kwh(each)))));
  const [soldKwh, boughtKwh] = [total((each) => each.sold_kwh), total((each) => each.bought_kwh)];
  return {
    price: areaId === WHOLE ? null : (found[0]?.price_per_mwh ?? null),
    soldKwh,
    boughtKwh,
    netKwh: less(soldKwh, boughtKwh) ?? "0",
  };
}

export type Side = "supply" | "demand";

export interface CurveRow {
  key: string;
  start: string;
  side: Side;
  price: string;
  /** Energy up to and with this price. */
  cumulativeKwh: string;
  /** Energy at this price alone. */
  stepKwh: string;
}

/** A curve's steps as rows of a table. */
export function curveRows(start: string, area: AreaCurves | null): CurveRow[] {
  if (area === null) return [];
  return (["supply", "demand"] as const).flatMap((side) =>
    area[side].map(([price, cumulativeKwh], index) => ({
      key: `${start} ${side} ${index}`,
      ...{ start, side, price, cumulativeKwh },
      stepKwh: less(cumulativeKwh, area[side][index - 1]?.[1] ?? "0") ?? cumulativeKwh,
    })),
  );
}

/**
 * Where an order of this price would stand on a curve, kWh: behind everything that is at least as good.
 */
export function placeOf(curve: readonly CurvePoint[], price: string, side: "buy" | "sell"): string {
  const limit = Number(price);
  const good = (each: CurvePoint) =>
    side === "sell" ? Number(each[0]) <= limit : Number(each[0]) >= limit;
  return curve.findLast(good)?.[1] ?? "0";
}

/** The area whose curves are shown: the wish, else the first whose curves are public, else all. */
export function shownArea(
  wish: string | undefined,
  areas: readonly string[],
  curves: readonly AreaCurves[],
): string {
  if (wish !== undefined && (wish === WHOLE || areas.includes(wish))) return wish;
  return areas.find((id) => curves.some(({ area_id }) => area_id === id)) ?? WHOLE;
}

/** Whether a call of this kind has decided the interval. */
export function isClearedIn({ rung, phase }: Session, call: CallKind): boolean {
  if (rung === null) return false;
  return call === "day_ahead" || AFTER_CLEARING.includes(phase);
}

const AFTER_CLEARING: readonly Phase[] = ["delivery_lock", "settling", "settled"];

// What a unit may do in the market, what an order is worth, and what would be refused: reckoned before
// anything is sent, exactly, on decimal strings.

import {
  compare,
  compareTexts,
  decimal,
  decimalText,
  product,
  shifted,
  trimmed,
} from "../../../language/decimal";
import type { LastResortBand } from "../../../wire/types";
import type { Collateral, Order, Price, Rule, Side, TradingLimits, Unit } from "./answers";

export const KINDS = [
  "load",
  "solar",
  "wind",
  "hydro",
  "storage",
  "heat_pump",
  "ev_charger",
  "generator",
  "retailer",
] as const;
export type Kind = (typeof KINDS)[number] | "other";

export const kindOf = ({ kind }: { kind: string }): Kind =>
  KINDS.find((each) => each === kind) ?? "other";

const some = (kw: string) => compareTexts(kw, "0") > 0;

/** On which sides a unit can trade: what only takes energy can only buy it. */
export function sidesOf(unit: Pick<Unit, "injection_max_kw" | "withdrawal_max_kw">): Side[] {
  return [
    ...(some(unit.withdrawal_max_kw) ? (["buy"] as const) : []),
    ...(some(unit.injection_max_kw) ? (["sell"] as const) : []),
  ];
}

/** The most a unit can take or give in one interval, kWh, whole Wh. */
export function capabilityKwh(unit: Unit, side: Side, minutes: number): string {
  const kw = decimal(side === "buy" ? unit.withdrawal_max_kw : unit.injection_max_kw);
  if (kw === null) return "0";
  const wh = shifted(kw, 3);
  const units = (wh.units * BigInt(minutes)) / (60n * 10n ** BigInt(wh.places));
  return decimalText({ units, places: 3 });
}

/** Price per MWh times kWh, in the currency; null: one of them is no number yet. */
export function valueOf(pricePerMwh: string, kwh: string): string | null {
  const [price, energy] = [decimal(pricePerMwh), decimal(kwh)];
  if (price === null || energy === null) return null;
  return decimalText(trimmed(shifted(product(price, energy), -3)));
}

/** A price per MWh as a price per kWh. */
export function perKwh(pricePerMwh: string | null): string | null {
  const price = pricePerMwh === null ? null : decimal(pricePerMwh);
  return price === null ? null : decimalText(trimmed(shifted(price, -3)));
}

export type Warning = "capability" | "cover" | "value_max" | "reduce_only";

export interface Draft {
  side: Side;
  price: string;
  kwh: string;
}

/** What the market would refuse an order for, as far as it can be seen from here. */
export function warningsOf(
  draft: Draft,
  capability: string,
  cover: Pick<Collateral, "available" | "state"> | undefined,
  limits: TradingLimits | undefined,
): Warning[] {
  const value = valueOf(draft.price, draft.kwh);
  const found: Warning[] = [];
  if (draft.kwh !== "" && compareTexts(draft.kwh, capability) > 0) found.push("capability");
  if (cover?.state === "reduce_only") found.push("reduce_only");
  if (value === null) return found;
  if (draft.side === "buy" && cover && compareTexts(value, cover.available) > 0)
    found.push("cover");
  const most = limits?.order_value_max ?? null;
  if (most !== null && compareTexts(value, most) > 0) found.push("value_max");
  return found;
}

/** The retailer of last resort's prices in a local hour. */
export const bandAt = (bands: readonly LastResortBand[], hour: number): LastResortBand | null =>
  bands.find(({ from_hour, to_hour }) =>
    from_hour < to_hour ? from_hour <= hour && hour < to_hour : hour >= from_hour || hour < to_hour,
  ) ?? null;

export interface DayPrices {
  /** Of the interval that is being delivered. */
  now: string | null;
  lowest: string | null;
  highest: string | null;
}

/** An area's prices of a day, as far as they are known. */
export function dayPrices(prices: readonly Price[], areaId: string, startMs: number): DayPrices {
  const own = prices.filter(({ area_id }) => area_id === areaId);
  const known = own.flatMap(({ price_per_mwh }) => price_per_mwh ?? []).sort(compareTexts);
  return {
    now: own.find(({ start }) => Date.parse(start) === startMs)?.price_per_mwh ?? null,
    lowest: known[0] ?? null,
    highest: known.at(-1) ?? null,
  };
}

/** What is not traded yet of an order. */
export function leftKwh({ energy_kwh, filled_kwh }: Pick<Order, "energy_kwh" | "filled_kwh">) {
  const [all, done] = [decimal(energy_kwh), decimal(filled_kwh)];
  if (all === null || done === null) return energy_kwh;
  const places = Math.max(all.places, done.places);
  const units = (each: typeof all) => each.units * 10n ** BigInt(places - each.places);
  return decimalText({ units: units(all) - units(done), places });
}

const CLOSED = ["filled", "cancelled", "expired", "rejected"];

/** Whether an order may still trade. `expired` in part stands as `partially_filled` after its gate. */
export const isOpen = (order: Order, nowMs: number): boolean =>
  !CLOSED.includes(order.state) && Date.parse(order.start) > nowMs;

/** The rule of a unit that holds: the last one given. */
export const ruleOf = (rules: readonly Rule[], unitId: string): Rule | null =>
  rules.filter(({ unit_id, withdrawn }) => unit_id === unitId && !withdrawn).at(-1) ?? null;

/** Percent as parts per million; null: not a whole ppm, or out of 0 to 100. */
export function ppmOf(percent: string): number | null {
  const value = decimal(percent);
  if (value === null) return null;
  const ppm = trimmed(shifted(value, 4));
  if (ppm.places > 0) return null;
  const whole = Number(ppm.units);
  return whole > 0 && whole <= 1_000_000 ? whole : null;
}

export const percentOf = (ppm: number): string =>
  decimalText(trimmed({ units: BigInt(ppm), places: 4 }));

/** How much of a limit is used, percent for a gauge. */
export function usedPercent(used: string, limit: string): number {
  const [part, whole] = [decimal(used), decimal(limit)];
  if (part === null || whole === null || whole.units <= 0n) return 0;
  if (compare(part, { units: 0n, places: 0 }) <= 0) return 0;
  const scale = (each: typeof part, places: number) =>
    each.units * 10n ** BigInt(places - each.places);
  const places = Math.max(part.places, whole.places);
  return Number((scale(part, places) * 1000n) / scale(whole, places)) / 10;
}

// What the first page makes of what was read: pure.

import {
  compareTexts,
  decimal,
  decimalText,
  shifted,
  sum,
  type Decimal,
} from "../../../language/decimal";
import type { PriceAhead } from "../own";

/** A price per MWh as a price per kWh, exact. */
export function perKwh(price: string | null): string | null {
  const value = price === null ? null : decimal(price);
  return value === null ? null : decimalText(shifted(value, -3));
}

export interface PriceSlot {
  start: string;
  end: string;
  /** What a MWh costs, as far as is known; null: nothing is. */
  price: string | null;
  /** The market has cleared it; else it is what the last resort asks at most. */
  sure: boolean;
  ask: string | null;
  bid: string | null;
}

export const priceSlots = (prices: readonly PriceAhead[]): PriceSlot[] =>
  prices.map((each) => ({
    start: each.start,
    end: each.end,
    price: each.price_per_mwh ?? each.last_resort_ask_per_mwh,
    sure: each.price_per_mwh !== null,
    ask: each.last_resort_ask_per_mwh,
    bid: each.last_resort_bid_per_mwh,
  }));

/** The first of the cheapest of what is to come; null: nothing is known. */
export function cheapest(slots: readonly PriceSlot[]): PriceSlot | null {
  let found: PriceSlot | null = null;
  for (const each of slots) {
    if (each.price === null) continue;
    if (found === null || compareTexts(each.price, found.price) < 0) found = each;
  }
  return found;
}

interface Line {
  kind: string;
  amount: string;
}

/** Deposits and withdrawals move one's own money: neither earned nor spent. */
const MOVED = new Set([
  "deposit",
  "withdrawal",
  "payment_return",
  "unmatched",
  "dispute_held",
  "dispute_released",
]);

/** What came in, what went out, and what is left of both; decimal strings, both positive. */
export function earned(lines: readonly Line[]): { received: string; paid: string; net: string } {
  const amounts = lines
    .filter(({ kind }) => !MOVED.has(kind))
    .flatMap(({ amount }) => decimal(amount) ?? []);
  const minus = ({ units, places }: Decimal): Decimal => ({ units: -units, places });
  const received = sum(amounts.filter(({ units }) => units > 0n));
  const paid = minus(sum(amounts.filter(({ units }) => units < 0n)));
  return {
    received: decimalText(received),
    paid: decimalText(paid),
    net: decimalText(sum([received, minus(paid)])),
  };
}

/** Which way power goes: in by the meaning of the wire (injection, charging), out, or not at all. */
export function direction(kw: string): "in" | "out" | "still" {
  const units = decimal(kw)?.units ?? 0n;
  return units > 0n ? "in" : units < 0n ? "out" : "still";
}

/** Without its sign. */
export const size = (text: string): string => text.replace(/^-/, "");

/** How pressing a piece of advice is, and on which page something can be done about it. */
export const ADVICE: Readonly<
  Record<string, { tone: "good" | "warning" | "bad" | "accent"; to: string | null }>
> = {
  PAY_IN_TO_TRADE: { tone: "bad", to: "/bills" },
  PAY_IN: { tone: "warning", to: "/bills" },
  CHECK_METER: { tone: "warning", to: "/devices" },
  SET_SELL_PRICE: { tone: "accent", to: "/trade" },
  SET_BUY_PRICE: { tone: "accent", to: "/trade" },
  USE_LATER: { tone: "accent", to: null },
  USE_NOW: { tone: "good", to: null },
  ALL_WELL: { tone: "good", to: null },
};

export interface AlertHead {
  alert_id: string;
  kind: string;
  severity: string;
}

const WORST = ["critical", "major", "warning", "info"];

/** Alerts that were not read, by kind: how many of each, the kind of the worst one first. */
export function waiting(alerts: readonly AlertHead[]) {
  const found = new Map<string, { kind: string; count: number; worst: number }>();
  for (const { kind, severity } of alerts) {
    const rank = WORST.indexOf(severity) === -1 ? WORST.length : WORST.indexOf(severity);
    const before = found.get(kind);
    if (before === undefined) found.set(kind, { kind, count: 1, worst: rank });
    else Object.assign(before, { count: before.count + 1, worst: Math.min(before.worst, rank) });
  }
  return [...found.values()]
    .sort((a, b) => a.worst - b.worst)
    .map(({ kind, count, worst }) => ({ kind, count, grave: worst <= 1 }));
}

export interface OwedBill {
  bill_id: string;
  month: string;
  due_day: string | null;
  payment_state: string | null;
  open_amount: string | null;
}

/** Bills on which something is still to be paid, the one due first before the others. */
export const owed = (bills: readonly OwedBill[]): OwedBill[] =>
  bills
    .filter(({ open_amount }) => open_amount !== null && compareTexts(open_amount, "0") > 0)
    .sort((a, b) => String(a.due_day).localeCompare(String(b.due_day)));

// What is worth a second look among an interval's orders, by rules that stand on the page.
//
// The one idea: a mark is no verdict. Each follows from a rule anybody can check by hand, and says the
// numbers it follows from. All orders of the interval have to be there, whatever is shown of them.

import { decimal, shifted } from "../../../language/decimal";
import type { Order } from "../../../market/orders";

/** Further from the area's price than the price itself times this, percent … */
export const FAR_PERCENT = 100n;
/** … and at least so much, currency per MWh. */
export const FAR_LEAST = "100.00";
/** More than so much of what an area's side orders in the interval, percent … */
export const SHARE_PERCENT = 40n;
/** … where at least so many members order. */
export const SHARE_MEMBERS = 3;

export type MarkKind = "far" | "both" | "share";
export const MARKS: readonly MarkKind[] = ["far", "both", "share"];

export type Mark =
  | { kind: "far"; price: string; limit: string }
  /** The member's dearest buy and cheapest sell. */
  | { kind: "both"; buy: string; sell: string }
  /** Parts per million of the side's energy. */
  | { kind: "share"; ppm: number };

/** Orders that stood: what never counted, or was taken back, is no sign of anything. */
const STOOD: readonly string[] = ["active", "partially_filled", "filled", "expired"];
/** Kinds whose one price says what they want; a storage names only a spread. */
const PRICED: readonly string[] = ["limit", "block", "linked", "exclusive"];

const ticks = (price: string) => whole(price, 2);
const wh = (kwh: string) => whole(kwh, 3);

function whole(text: string, places: number): bigint {
  const value = decimal(text);
  if (value === null) return 0n;
  const { units, places: left } = shifted(value, places);
  return left === 0 ? units : units / 10n ** BigInt(left);
}

const size = (value: bigint) => (value < 0n ? -value : value);

/** Whether a limit is far from the area's price, by the two numbers above. */
export function isFar(limit: string, price: string): boolean {
  const away = size(ticks(limit) - ticks(price));
  return away >= ticks(FAR_LEAST) && away * 100n > size(ticks(price)) * FAR_PERCENT;
}

/**
 * Marks by order id.
 *
 * @param orders all of one interval.
 * @param prices of areas in it, currency per MWh; an area without one has no far orders.
 * @param shareless areas in which the share is not looked at: those of the retailer of last resort.
 */
export function marksOf(
  orders: readonly Order[],
  prices: ReadonlyMap<string, string>,
  shareless: ReadonlySet<string>,
): Map<string, Mark[]> {
  const found = new Map<string, Mark[]>();
  const put = ({ order_id }: Order, mark: Mark) =>
    found.set(order_id, [...(found.get(order_id) ?? []), mark]);
  const stood = orders.filter(({ state, kind }) => STOOD.includes(state) && PRICED.includes(kind));
  for (const order of stood) {
    const price = prices.get(order.area_id);
    if (price !== undefined && isFar(order.price_per_mwh, price)) {
      put(order, { kind: "far", price, limit: order.price_per_mwh });
    }
  }
  for (const own of groups(
    stood.filter(({ kind }) => kind === "limit"),
    memberOf,
  )) {
    bothSides(own, put);
  }
  for (const side of groups(stood, ({ area_id, side }) => `${area_id} ${side}`)) {
    if (!shareless.has(side[0]?.area_id ?? "")) shares(side, put);
  }
  return found;
}

type Put = (order: Order, mark: Mark) => void;
const memberOf = ({ participant_id, area_id }: Order) => `${participant_id} ${area_id}`;

/** A member whose own buy and sell would meet. */
function bothSides(own: readonly Order[], put: Put): void {
  const buy = extreme(own, "buy", (a, b) => a > b);
  const sell = extreme(own, "sell", (a, b) => a < b);
  if (buy === null || sell === null || ticks(buy) < ticks(sell)) return;
  for (const order of own) {
    const limit = ticks(order.price_per_mwh);
    if (order.side === "buy" ? limit >= ticks(sell) : limit <= ticks(buy)) {
      put(order, { kind: "both", buy, sell });
    }
  }
}

function extreme(
  orders: readonly Order[],
  side: Order["side"],
  better: (a: bigint, b: bigint) => boolean,
): string | null {
  return orders
    .filter((each) => each.side === side)
    .reduce<string | null>(
      (best, { price_per_mwh: price }) =>
        best === null || better(ticks(price), ticks(best)) ? price : best,
      null,
    );
}

/** Members with a very large part of what one side of an area orders. */
function shares(side: readonly Order[], put: Put): void {
  const members = groups(side, ({ participant_id }) => participant_id);
  if (members.length < SHARE_MEMBERS) return;
  const energy = (orders: readonly Order[]) =>
    orders.reduce((total, { energy_kwh }) => total + wh(energy_kwh), 0n);
  const all = energy(side);
  for (const own of members) {
    const part = energy(own);
    if (part * 100n <= all * SHARE_PERCENT) continue;
    const ppm = Number((part * 1_000_000n) / all);
    for (const order of own) put(order, { kind: "share", ppm });
  }
}

function groups(orders: readonly Order[], by: (order: Order) => string): Order[][] {
  const found = new Map<string, Order[]>();
  for (const order of orders) {
    const known = found.get(by(order));
    if (known) known.push(order);
    else found.set(by(order), [order]);
  }
  return [...found.values()];
}

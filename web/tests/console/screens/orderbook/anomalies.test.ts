import { expect, test } from "vitest";
import { isFar, marksOf, type Mark } from "../../../../src/console/screens/orderbook/anomalies";
import { fits, lastGated, queryOf } from "../../../../src/console/screens/orderbook/filters";
import type { Order } from "../../../../src/market/orders";
import { MARKET } from "../../../wire";

let made = 0;
const order = (participant_id: string, side: "buy" | "sell", price: string, more = {}): Order => ({
  order_id: `o-${(made += 1)}`,
  client_order_id: "c",
  kind: "limit",
  participant_id,
  unit_id: `${participant_id}-load`,
  area_id: "RUR",
  start: "2016-06-15T12:00:00Z",
  end: "2016-06-15T12:15:00Z",
  side,
  price_per_mwh: price,
  energy_kwh: "1.000",
  filled_kwh: "0.000",
  held: "0.00000000",
  state: "expired",
  sequence: made,
  accepted_at: "2016-06-15T10:00:00.000000Z",
  revision: 1,
  ...more,
});
const marks = (orders: Order[], price = "100.00", shareless: string[] = []) => {
  const found = marksOf(orders, new Map([["RUR", price]]), new Set(shareless));
  return orders.map(({ order_id }) => (found.get(order_id) ?? []).map(({ kind }) => kind));
};

test("far is more than the price away from it, and at least a hundred", () => {
  expect(isFar("200.00", "100.00")).toBe(false);
  expect(isFar("200.01", "100.00")).toBe(true);
  expect(isFar("-0.01", "100.00")).toBe(true);
  expect(isFar("99.99", "0.00")).toBe(false);
  expect(isFar("100.00", "0.00")).toBe(true);
  expect(isFar("110.00", "-5.00")).toBe(true);
});

test("where there is no price nothing is far from it", () => {
  const found = marksOf([order("a", "buy", "3000.00")], new Map(), new Set());
  expect(found.size).toBe(0);
});

test("both sides count where a member's own orders would meet, and those orders alone", () => {
  const orders = [
    order("a", "buy", "120.00"),
    order("a", "buy", "90.00"),
    order("a", "sell", "110.00"),
    order("a", "sell", "130.00"),
    order("b", "buy", "80.00"),
    order("b", "sell", "81.00"),
  ];
  expect(marks(orders)).toEqual([["both"], [], ["both"], [], [], []]);
});

test("a large share is more than 40 % of a side, where at least three members order", () => {
  const three = [
    order("a", "buy", "100.00", { energy_kwh: "0.801" }),
    order("b", "buy", "100.00", { energy_kwh: "0.600" }),
    order("c", "buy", "100.00", { energy_kwh: "0.600" }),
  ];
  expect(marks(three)).toEqual([["share"], [], []]);
  expect(marks(three, "100.00", ["RUR"])).toEqual([[], [], []]);
  expect(marks(three.slice(0, 2))).toEqual([[], []]);
  const even = [order("a", "buy", "100.00", { energy_kwh: "0.800" }), ...three.slice(1)];
  expect(marks(even)).toEqual([[], [], []]);
});

test("what was taken back, and what names no price, is not looked at", () => {
  const orders = [
    order("a", "buy", "900.00", { state: "cancelled" }),
    order("b", "buy", "900.00", { state: "pending" }),
    order("c", "buy", "900.00", { kind: "storage" }),
  ];
  expect(marks(orders)).toEqual([[], [], []]);
});

test("a mark says the numbers it follows from", () => {
  const one = order("a", "buy", "300.00");
  expect(marksOf([one], new Map([["RUR", "90.00"]]), new Set()).get(one.order_id)).toEqual([
    { kind: "far", price: "90.00", limit: "300.00" },
  ] satisfies Mark[]);
});

const ANY = { participant: "", unit: "", area: null, side: null, state: null };

test("filters take a part of an id, and the whole of everything else", () => {
  const one = order("rur-01", "buy", "1.00");
  expect(fits(one, ANY)).toBe(true);
  expect(fits(one, { ...ANY, participant: "RUR-0" })).toBe(true);
  expect(fits(one, { ...ANY, unit: "battery" })).toBe(false);
  expect(fits(one, { ...ANY, side: "sell" })).toBe(false);
  expect(fits(one, { ...ANY, state: "expired", area: "RUR" })).toBe(true);
});

test("the server is asked for whole ids only", () => {
  expect(queryOf({ ...ANY, participant: "rur-01", unit: "a b" })).toMatchObject({
    participant_id: "rur-01",
    unit_id: undefined,
  });
});

test("the last interval whose gate has closed", () => {
  const first = Date.parse(MARKET.trading_from);
  const step = MARKET.interval_minutes * 60_000;
  const gate = MARKET.gate_minutes * 60_000;
  expect(lastGated(MARKET, first - gate - 1)).toBe(first);
  expect(lastGated(MARKET, first + 2 * step - gate)).toBe(first + 2 * step);
  expect(lastGated(MARKET, first + 2 * step - gate - 1)).toBe(first + step);
});

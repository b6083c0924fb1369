import { expect, test } from "vitest";
import { corners, depthOf, spreadOf } from "../../src/console/book/depth";
import type { Book } from "../../src/market/books";
import type { BookLevel } from "../../src/wire/types";

const book = (...levels: BookLevel[]): Book => ({
  phase: "continuous",
  levels: new Map(levels.map((each) => [`${each.side} ${each.price_per_mwh}`, each])),
});
const level = (side: "buy" | "sell", price_per_mwh: string, energy_kwh: string): BookLevel => ({
  ...{ side, price_per_mwh, energy_kwh },
});
const { buys, sells } = depthOf(
  book(
    level("buy", "9.00", "0.100"),
    level("buy", "100.00", "0.200"),
    level("sell", "120.50", "4.000"),
    level("sell", "110.25", "0.500"),
  ),
);

test("each side begins at its best price and adds up exactly", () => {
  expect(buys.map(({ price, totalKwh }) => [price, totalKwh])).toEqual([
    ["100.00", "0.200"],
    ["9.00", "0.300"],
  ]);
  expect(sells.map(({ price, totalKwh }) => [price, totalKwh])).toEqual([
    ["110.25", "0.500"],
    ["120.50", "4.500"],
  ]);
});

test("the spread is the best sell less the best buy; with one side there is none", () => {
  expect(spreadOf(buys, sells)).toBe("10.25");
  expect(spreadOf(buys, [])).toBeNull();
});

test("depth climbs at each price and stays level between", () => {
  expect(corners(buys)).toEqual([
    [100, 0],
    [100, 0.2],
    [9, 0.2],
    [9, 0.3],
  ]);
});

test("an empty book has no depth", () => {
  expect(depthOf(undefined)).toEqual({ buys: [], sells: [] });
});

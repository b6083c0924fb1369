import { expect, test } from "vitest";
import type { Order } from "../../../src/portal/screens/trade/answers";
import {
  blockKwh,
  isSealed,
  leastPpm,
  legsFrom,
  parentsOf,
} from "../../../src/portal/screens/trade/blocks";
import type { Interval } from "../../../src/wire/types";

const at = (minutes: number) => new Date(Date.UTC(2016, 6, 1, 0, minutes)).toISOString();
const interval = (minutes: number, phase = "continuous") =>
  ({ start: at(minutes), end: at(minutes + 15), phase }) as Interval;
const open = [interval(0), interval(15), interval(30, "call"), interval(45, "call"), interval(90)];

test("a block is of intervals without a gap, all of them traded in the same way", () => {
  expect(legsFrom(open, at(0), "2")).toHaveLength(2);
  expect(legsFrom(open, at(0), "9")).toHaveLength(2);
  expect(legsFrom(open, at(30), "9").map(({ start }) => start)).toEqual([at(30), at(45)]);
  expect(legsFrom(open, at(45), "9")).toHaveLength(1);
});

test("of no interval, and of no number of them, there is no block", () => {
  expect(legsFrom(open, at(5), "2")).toEqual([]);
  for (const count of ["", "0", "-1", "many"]) expect(legsFrom(open, at(0), count)).toEqual([]);
});

test("it goes to the opening call where the market has one and that is open", () => {
  const [first, , sealed] = open;
  expect(isSealed(sealed ? [sealed] : [], true)).toBe(true);
  expect(isSealed(sealed ? [sealed] : [], false)).toBe(false);
  expect(isSealed(first ? [first] : [], true)).toBe(false);
  expect(isSealed([], true)).toBe(false);
});

test("its energy is that of an interval times their number, exactly", () => {
  expect(blockKwh("0.1", 3)).toBe("0.3");
  expect(blockKwh("1.001", 96)).toBe("96.096");
  expect(blockKwh("", 3)).toBeNull();
});

test("the least share is all of it unless it is said, and never nothing", () => {
  expect([leastPpm(""), leastPpm("100"), leastPpm("12.5"), leastPpm("0"), leastPpm("x")]).toEqual([
    ...[1_000_000, 1_000_000, 125_000, null, null],
  ]);
});

test("a block is linked to one's own plain blocks that are open", () => {
  const order = (kind: string, state: string) => ({ kind, state }) as Order;
  const own = [order("block", "active"), order("limit", "active"), order("block", "filled")];
  expect(parentsOf(own)).toEqual([own[0]]);
});

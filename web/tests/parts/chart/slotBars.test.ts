// Where bars of intervals begin and end.

import { expect, it } from "vitest";
import { scaleOf } from "../../../src/parts/chart/SlotBars";

const slot = (value: string | null) => ({ start: "", end: "", value, sure: true });

it("bars stand on zero, which is always in the picture", () => {
  const { y, zero } = scaleOf([slot("120"), slot("60"), slot(null)]);
  expect(zero).toBe(100);
  expect(y(120)).toBe(8);
  expect(y(60)).toBe(54);
});

it("bars below zero hang from it", () => {
  const { y, zero } = scaleOf([slot("50"), slot("-50")]);
  expect(zero).toBe(54);
  expect(y(-50)).toBe(100);
});

it("a picture of nothing has a ground all the same", () => {
  expect(scaleOf([]).zero).toBe(8);
});

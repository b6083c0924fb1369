import { describe, expect, it } from "vitest";
import { valueRange } from "../../src/chart/range";

const day = (price: number) => Array.from({ length: 40 }, (_, n) => price + n);
const band = [{ low: 80, high: 160 }];

describe("the range of a chart of prices", () => {
  it("holds prices and band", () => {
    const [low, high] = valueRange({ kind: "steps", series: [{ values: day(150) }], band });
    expect(low).toBeLessThan(80);
    expect(high).toBeGreaterThan(189);
  });
  it("is not squashed by one price at the cap", () => {
    const values = [...day(150), 4_000, -500];
    const [low, high] = valueRange({ kind: "steps", series: [{ values }], band });
    expect(high).toBeLessThan(300);
    expect(low).toBeGreaterThan(0);
  });
  it("follows prices that are high for hours", () => {
    const values = [...day(150), ...Array.from({ length: 12 }, () => 4_000)];
    const [, high] = valueRange({ kind: "steps", series: [{ values }], band });
    expect(high).toBeGreaterThan(4_000);
  });
  it("exists before there is anything to show", () => {
    expect(valueRange({ kind: "steps", series: [{ values: [null] }], band: [null] })).toEqual([
      0, 100,
    ]);
  });
});

describe("the range of a chart of energy", () => {
  it("goes from zero to above the highest pile", () => {
    const series = [{ values: [1, 5, null] }, { values: [2, 15, null] }];
    const [low, high] = valueRange({ kind: "bars", series, band: [] });
    expect(low).toBe(0);
    expect(high).toBeCloseTo(22);
  });
});

import { describe, expect, it } from "vitest";
import {
  energyShown,
  path,
  priceAt,
  priceRange,
  steps,
  ticks,
} from "../../../src/parts/chart/steps";
import type { CurvePoint } from "../../../src/wire/types";

const SUPPLY: CurvePoint[] = [
  ["10.00", "1.000"],
  ["50.00", "1.500"],
  ["80.00", "4.000"],
];
const DEMAND: CurvePoint[] = [
  ["4000.00", "2.000"],
  ["90.00", "2.750"],
  ["40.00", "5.000"],
];

describe("a curve", () => {
  it("is read as steps of whole Wh", () => {
    expect(steps(SUPPLY)).toEqual([
      { price: 10, fromWh: 0, toWh: 1_000 },
      { price: 50, fromWh: 1_000, toWh: 1_500 },
      { price: 80, fromWh: 1_500, toWh: 4_000 },
    ]);
  });

  it("leaves out steps without energy", () => {
    expect(
      steps([
        ["10.00", "1.000"],
        ["20.00", "1.000"],
        ["30.00", "2.000"],
      ]),
    ).toHaveLength(2);
  });

  it("has a price at each energy up to its end", () => {
    const supply = steps(SUPPLY);
    expect([0, 999, 1_000, 3_999, 4_000].map((wh) => priceAt(supply, wh))).toEqual([
      10,
      10,
      50,
      80,
      null,
    ]);
  });

  it("is drawn along and up", () => {
    const scale = { x: (wh: number) => wh / 100, y: (price: number) => 100 - price };
    expect(path(steps(SUPPLY), scale)).toBe("M0 90H10V50H15V20H40");
    expect(path([], scale)).toBe("");
  });
});

describe("the prices shown", () => {
  const curves = [steps(SUPPLY), steps(DEMAND)];
  it("leave the cap out of the picture, unless asked for", () => {
    expect(priceRange(curves, [85, 120], false).high).toBeLessThan(200);
    expect(priceRange(curves, [85, 120], true).high).toBeGreaterThan(4_000);
  });
  it("always hold the prices that matter", () => {
    const { low, high } = priceRange(curves, [85, null, 3_000], false);
    expect(low).toBeLessThan(10);
    expect(high).toBeGreaterThan(3_000);
  });
  it("are all of them when nothing is known", () => {
    expect(priceRange(curves, [null], false).high).toBeGreaterThan(4_000);
    expect(priceRange([], [], false)).toEqual({ low: 0, high: 1 });
  });
});

describe("the energy shown", () => {
  it("ends a good way beyond what was traded", () => {
    expect(energyShown(250_000, 10_000, false)).toBeCloseTo(25_750);
    expect(energyShown(20_000, 10_000, false)).toBeCloseTo(20_600);
  });
  it("ends with the curves if asked for, or if nothing was traded", () => {
    expect(energyShown(250_000, 10_000, true)).toBeCloseTo(257_500);
    expect(energyShown(250_000, 0, false)).toBeCloseTo(257_500);
    expect(energyShown(0, 0, false)).toBe(1);
  });
});

describe("an axis", () => {
  it("has round values inside its range", () => {
    expect(ticks({ low: -12, high: 263 }, 6)).toEqual([0, 50, 100, 150, 200, 250]);
    expect(ticks({ low: 0, high: 0.31 }, 6)).toEqual([0, 0.1, 0.2, 0.3]);
  });
});

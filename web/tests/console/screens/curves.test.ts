import { expect, it } from "vitest";
import {
  bars,
  blockMarks,
  counts,
  delivers,
  priceLines,
} from "../../../src/console/screens/curves/blocks";
import {
  curveRows,
  factsOf,
  isClearedIn,
  less,
  placeOf,
  shownArea,
  WHOLE,
} from "../../../src/console/screens/curves/facts";
import type { AreaPrice, Block, Session } from "../../../src/console/wire";
import type { AreaCurves, CurvePoint, Phase } from "../../../src/wire/types";

const START = "2016-07-01T01:00:00Z";
const price = (area_id: string, price_per_mwh: string | null, sold: string, bought: string) =>
  ({
    ...{ area_id, price_per_mwh, start: START, end: "2016-07-01T01:15:00Z" },
    ...{ sold_kwh: sold, bought_kwh: bought },
  }) as AreaPrice;

it("of an area the price stands, of the whole market there is no single one", () => {
  const prices = [
    price("RUR", "90.00", "10.000", "9.998"),
    price("GRID", "80.00", "0.100", "0.000"),
  ];
  expect(factsOf(prices, "RUR")).toEqual({
    ...{ price: "90.00", soldKwh: "10.000", boughtKwh: "9.998", netKwh: "0.002" },
  });
  expect(factsOf(prices, WHOLE)).toEqual({
    ...{ price: null, soldKwh: "10.100", boughtKwh: "9.998", netKwh: "0.102" },
  });
  expect(factsOf(prices, "SEM")).toBeNull();
});

it("differences are exact where floats are not", () => {
  expect(less("0.3", "0.1")).toBe("0.2");
  expect(less("-1.05", "0.9")).toBe("-1.95");
  expect(less("90.00", null)).toBeNull();
});

const supply: CurvePoint[] = [
  ["50.00", "6.000"],
  ["90.00", "14.000"],
];
const demand: CurvePoint[] = [
  ["170.00", "1.000"],
  ["100.00", "3.000"],
];
const area: AreaCurves = { area_id: "RUR", price_per_mwh: "90.00", supply, demand };

it("a curve's rows say the energy of each step and up to it", () => {
  expect(curveRows(START, area).map((row) => [row.side, row.price, row.stepKwh])).toEqual([
    ["supply", "50.00", "6.000"],
    ["supply", "90.00", "8.000"],
    ["demand", "170.00", "1.000"],
    ["demand", "100.00", "2.000"],
  ]);
  expect(curveRows(START, null)).toEqual([]);
});

it("an order stands behind everything that is at least as good", () => {
  expect(placeOf(supply, "49.99", "sell")).toBe("0");
  expect(placeOf(supply, "60.00", "sell")).toBe("6.000");
  expect(placeOf(supply, "90.00", "sell")).toBe("14.000");
  expect(placeOf(demand, "120.00", "buy")).toBe("1.000");
  expect(placeOf(demand, "1.00", "buy")).toBe("3.000");
});

it("without a wish the first area with public curves is shown, else all together", () => {
  const all = ["GRID", "RUR"];
  expect(shownArea(undefined, all, [area])).toBe("RUR");
  expect(shownArea("GRID", all, [area])).toBe("GRID");
  expect(shownArea("gone", all, [])).toBe(WHOLE);
});

it.each<[Phase, string | null, boolean, boolean]>([
  ["call", null, false, false],
  ["call", "optimal", false, true],
  ["delivery_lock", "optimal", true, true],
  ["settled", "cancelled", true, true],
])("in phase %s with rung %s: closing %s, opening %s", (phase, rung, closing, opening) => {
  const session = { phase, rung } as Session;
  expect([isClearedIn(session, "closing"), isClearedIn(session, "day_ahead")]).toEqual([
    closing,
    opening,
  ]);
});

const block = (order_id: string, more: Partial<Block> = {}): Block => ({
  ...{ order_id, kind: "block", participant_id: "plant", unit_id: "u", area_id: "RUR" },
  ...{ start: START, end: "2016-07-01T02:00:00Z", side: "sell", price_per_mwh: "60.00" },
  ...{ energy_kwh: "24.000", traded_kwh: "0.000", ratio_ppm: 0, status: "accepted" },
  ...{ reason: "accepted", gain: "0", missed_by_per_mwh: null },
  ...more,
});

it("blocks are counted by what became of them", () => {
  const all = [block("a"), block("b", { status: "paradoxically_rejected" }), block("c")];
  expect(counts(all)).toEqual({
    ...{ accepted: 2, partly_accepted: 0, rejected: 0, paradoxically_rejected: 1 },
  });
});

it("a block is marked on the curves of its area while it delivers, a storage never", () => {
  const all = [
    block("sold"),
    block("bought", { side: "buy", price_per_mwh: "120.00", status: "paradoxically_rejected" }),
    block("elsewhere", { area_id: "SEM" }),
    block("later", { start: "2016-07-01T02:00:00Z", end: "2016-07-01T03:00:00Z" }),
    block("storage", { kind: "storage" }),
  ];
  expect(blockMarks(all, area, Date.parse(START))).toEqual([
    { id: "sold", price: "60.00", kwh: "6.000", fate: "accepted" },
    { id: "bought", price: "120.00", kwh: "1.000", fate: "paradox" },
  ]);
});

it("a block's end is not its own", () => {
  expect(delivers(block("a"), Date.parse("2016-07-01T01:45:00Z"))).toBe(true);
  expect(delivers(block("a"), Date.parse("2016-07-01T02:00:00Z"))).toBe(false);
});

it("bars are of one status and side, at the limit price", () => {
  const all = [block("a"), block("b", { side: "buy" }), block("c", { status: "rejected" })];
  expect(bars(all, "accepted", "sell")).toEqual([
    { id: "a", fromMs: Date.parse(START), untilMs: Date.parse("2016-07-01T02:00:00Z"), price: 60 },
  ]);
});

it("prices are steps of each area, with a gap where nothing traded", () => {
  const prices = [price("RUR", "90.00", "1", "1"), price("GRID", null, "0", "0")];
  const [from, to] = [Date.parse(START), Date.parse("2016-07-01T01:15:00Z")];
  expect(priceLines(prices, WHOLE)).toEqual([
    {
      areaId: "RUR",
      points: [
        [from, 90],
        [to, 90],
      ],
    },
    {
      areaId: "GRID",
      points: [
        [from, null],
        [to, null],
      ],
    },
  ]);
  expect(priceLines(prices, "GRID")).toHaveLength(1);
});

import { describe, expect, it } from "vitest";
import { NOTHING_YET, reduce, type Situation } from "../../src/market/state";
import {
  areaViews,
  clearingHealth,
  dayView,
  lastResort,
  lineViews,
  nextGate,
  phaseRail,
  priceSeries,
} from "../../src/market/views";
import { local } from "../../src/market/time";
import type { Interval, LineResult } from "../../src/wire/types";
import { MARKET, cleared, message, result, scheduled } from "../wire";

function situation(intervals: Interval[]): Situation {
  return reduce(NOTHING_YET, {
    kind: "message",
    message: message("snapshot", 0, { intervals, stops: [] }),
    heardMs: 0,
  });
}

const morning = [
  scheduled(0, { phase: "settled" }),
  scheduled(1, { phase: "settled" }),
  cleared(2, { phase: "delivery_lock" }),
  scheduled(3, { phase: "locked" }),
  scheduled(4),
  scheduled(5),
  scheduled(6, { phase: "scheduled" }),
];

describe("the day", () => {
  it("has a place for each of its intervals, known or not", () => {
    const day = dayView(situation(morning), MARKET);
    expect(day.intervals).toHaveLength(96);
    expect(day.intervals.filter((each) => each !== null)).toHaveLength(7);
  });

  it("is the day of the latest cleared interval", () => {
    const open = { ...MARKET, trading_until: null };
    const day = dayView(situation([cleared(95), cleared(96), scheduled(97)]), open);
    expect(day.fromMs).toBe(Date.parse("2016-06-15T23:00:00Z"));
    expect(day.intervals.filter((each) => each !== null)).toHaveLength(2);
  });

  it("is the first traded day before anything is known", () => {
    expect(dayView(NOTHING_YET, MARKET).startsMs[0]).toBe(Date.parse(MARKET.trading_from));
  });
});

describe("the phase rail", () => {
  it("counts the day's intervals by phase and names the one at the front", () => {
    const rail = phaseRail(dayView(situation(morning), MARKET), MARKET);
    expect(rail.map(({ phase, count, front }) => [phase, count, front?.start ?? null])).toEqual([
      ["scheduled", 1, scheduled(6).start],
      ["call", 2, scheduled(4).start],
      ["locked", 1, scheduled(3).start],
      ["delivery_lock", 1, scheduled(2).start],
      ["settling", 0, null],
      ["settled", 2, scheduled(1).start],
    ]);
  });

  it("waits for the first gate that is still open", () => {
    expect(nextGate(situation(morning))?.interval.start).toBe(scheduled(4).start);
    expect(nextGate(situation([cleared(0)]))).toBeNull();
  });
});

describe("prices", () => {
  it("stand at their interval; an area without a trade has none", () => {
    const areas = [
      result("RUR", null, "0.000", "0.000"),
      result("SEM", "205.50", "1.000", "1.000"),
    ];
    const series = priceSeries(dayView(situation([cleared(2, { areas })]), MARKET), MARKET);
    expect(series.map(({ areaId, prices }) => [areaId, prices[2]])).toEqual([
      ["RUR", null],
      ["SEM", 205.5],
      ["GRID", null],
    ]);
    expect(series[1]?.prices[3]).toBeNull();
  });

  it("are set against the last resort of the local hour", () => {
    const day = dayView(situation(morning), MARKET);
    const bands = lastResort(day.startsMs, MARKET, (ms) => local(ms, MARKET.time_zone).hour);
    expect([bands[0]?.ask, bands[23]?.ask, bands[24]?.ask]).toEqual([120, 120, 160]);
  });
});

describe("lines", () => {
  const flow = (change: Partial<LineResult>): LineResult => ({
    line_id: "GRID-RUR",
    from_area: "GRID",
    to_area: "RUR",
    sent_forward_kwh: "0.000",
    received_forward_kwh: "0.000",
    sent_backward_kwh: "0.000",
    received_backward_kwh: "0.000",
    capacity_forward_kwh: "20.000",
    capacity_backward_kwh: "10.000",
    binding: null,
    ...change,
  });

  it("are seen in the direction in which they carry, as mean power", () => {
    const lines = [flow({ sent_forward_kwh: "15.000", received_forward_kwh: "14.700" })];
    expect(lineViews(cleared(0, { lines }), MARKET)[0]).toMatchObject({
      from: "GRID",
      to: "RUR",
      direction: "forward",
      sentW: 60_000,
      receivedW: 58_800,
      capacityW: 80_000,
      loadingPercent: 75,
      binding: false,
      spreadTicks: 4_000,
    });
  });

  it("turn round, with the capacity and the price difference of that direction", () => {
    const lines = [flow({ sent_backward_kwh: "10.000", binding: "backward" })];
    expect(lineViews(cleared(0, { lines }), MARKET)[0]).toMatchObject({
      from: "RUR",
      to: "GRID",
      direction: "backward",
      capacityW: 40_000,
      loadingPercent: 100,
      binding: true,
      spreadTicks: -4_000,
    });
  });

  it("show their capacity before there is a result", () => {
    expect(lineViews(scheduled(0), MARKET)[0]).toMatchObject({
      direction: null,
      sentW: 0,
      capacityW: 80_000,
      spreadTicks: null,
    });
  });
});

describe("areas", () => {
  it("say what they give or take, against the limit of that direction", () => {
    const [rural, ...others] = MARKET.areas;
    if (!rural) throw new Error("no area");
    const limited = {
      ...MARKET,
      areas: [{ ...rural, import_limit_kw: "50.000", export_limit_kw: "30.000" }, ...others],
    };
    const [first, second] = areaViews(cleared(0), limited);
    expect(first).toMatchObject({ areaId: "RUR", exportW: -36_000, limitW: 50_000 });
    expect(second?.limitW).toBeNull();
  });
});

describe("health of clearing", () => {
  it("counts the day and finds what was not best", () => {
    const day = dayView(
      situation([
        cleared(0, { phase: "settled", solve_ms: 80 }),
        cleared(1, { rung: "merit_order", audit_faults: ["balance", "price"], solve_ms: 20 }),
        scheduled(2),
      ]),
      MARKET,
    );
    expect(clearingHealth(day)).toMatchObject({
      cleared: 2,
      settled: 1,
      total: 96,
      trades: 240,
      faults: 2,
      lesserRungs: [["merit_order", 1]],
      solveMsMax: 80,
    });
  });
});

// What runs and bills come to.

import { describe, expect, it } from "vitest";
import {
  billingOf,
  completePpm,
  isZero,
  monthsBetween,
  movedByKind,
  progressOf,
  readingsOf,
} from "../../../src/console/screens/settlement/figures";
import type { Bill, Run } from "../../../src/console/screens/settlement/wire";

const run = (over: Partial<Run>): Run => ({
  run_id: "set-1",
  day: "2016-06-30",
  version: 1,
  kind: "preliminary",
  state: "finished",
  by: "market",
  reason: "",
  tariff: { network_per_mwh: "70.00", levies_per_mwh: "50.00", by_level: [] },
  phase: "done",
  areas: 4,
  areas_done: 4,
  begun_at: "2016-06-30T22:15:00.000Z",
  finished_at: "2016-06-30T22:16:00.000Z",
  measured: 80,
  late: 10,
  substituted: 10,
  linear: 6,
  like_day: 3,
  schedule: 1,
  differences: 0,
  ...over,
});

const bill = (over: Partial<Bill>) =>
  ({
    state: "issued",
    disputes: [],
    payment_state: "open",
    total_amount: "0.10000000",
    open_amount: "0.10000000",
    ...over,
  }) as Bill;

describe("a run", () => {
  it("is complete as far as its readings were read, late or not", () => {
    expect(completePpm(run({}))).toBe(900_000);
    expect(completePpm(run({ measured: 0, late: 0, substituted: 0 }))).toBeNull();
  });

  it("says where each reading came from, as shares of all", () => {
    const rows = readingsOf(run({}));
    expect(rows.map(({ reading, ppm }) => [reading, ppm])).toEqual([
      ["measured", 800_000],
      ["late", 100_000],
      ["linear", 60_000],
      ["like_day", 30_000],
      ["schedule", 10_000],
    ]);
  });

  it("is not said to be done before it is", () => {
    expect(progressOf(run({ state: "running", areas_done: 4 }))).toBe(95);
    expect(progressOf(run({ state: "running", areas: 0, areas_done: 0 }))).toBe(0);
    expect(progressOf(run({}))).toBe(100);
  });
});

it("differences are summed by kind, exactly", () => {
  const moved = ["0.10000000", "0.20000000", "5.00000001"].map((amount, index) => ({
    ...{ from: "a", to: "b", amount },
    kind: index < 2 ? ("deviation" as const) : ("levies" as const),
  }));
  expect(movedByKind(moved)).toEqual([
    { kind: "deviation", amount: "0.30000000", count: 2 },
    { kind: "levies", amount: "5.00000001", count: 1 },
  ]);
});

it("bills that were replaced count nowhere", () => {
  const bills = [
    bill({}),
    bill({ state: "draft", payment_state: null, open_amount: null }),
    bill({
      payment_state: "overdue",
      disputes: [{ case_id: "c", state: "in_work" }] as Bill["disputes"],
    }),
    bill({ state: "replaced" }),
  ];
  expect(billingOf(bills)).toEqual({
    drafts: 1,
    issued: 2,
    disputed: 1,
    overdue: 1,
    total: "0.30000000",
    open: "0.20000000",
  });
});

it("months go back to the first one, over the turn of the year", () => {
  expect(monthsBetween("2015-11-20", "2016-01-02")).toEqual(["2016-01", "2015-12", "2015-11"]);
});

it("nothing is nothing, whatever its sign and its places", () => {
  expect(["0.00000000", "-0.00", "0.00000001"].map(isZero)).toEqual([true, true, false]);
});

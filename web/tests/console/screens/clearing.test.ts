import { expect, it } from "vitest";
import {
  checks,
  limitCounts,
  neighbours,
  reached,
  startOf,
  summary,
  type Verdict,
} from "../../../src/console/screens/clearing/runs";
import type { Binding, ClearingRun } from "../../../src/console/wire";

const run = (hour: number, more: Partial<ClearingRun> = {}): ClearingRun => {
  const at = (h: number) => new Date(Date.UTC(2016, 6, 1, h)).toISOString();
  return {
    ...{ run_id: `closing-${hour}`, call: "closing", start: at(hour), end: at(hour + 1) },
    ...{ intervals: 1, rung: "optimal", reproducible: true, welfare: "1.0", upper_bound: "1.0" },
    ...{ gap: "0", gap_ppm: 0, solve_ms: 10, receipt_hash: "ab", audit_faults: [], binding: [] },
    ...more,
  };
};

it("a day's summary names what is worst of each kind", () => {
  const runs = [
    run(1, { rung: "merit_order", solve_ms: 900 }),
    run(2, { gap_ppm: 12 }),
    run(3, { rung: "cancelled", audit_faults: ["energy"] }),
    run(4, { binding: [{ start: "s", line_id: "L", area_id: null, direction: "forward" }] }),
  ];
  const found = summary(runs);
  expect(found.lesser).toEqual([
    ["cancelled", 1],
    ["merit_order", 1],
  ]);
  expect([found.slowest?.run_id, found.widest?.run_id]).toEqual(["closing-1", "closing-2"]);
  expect([found.faulty.length, found.bound]).toEqual([1, 1]);
  expect(summary([])).toEqual({ lesser: [], slowest: null, widest: null, faulty: [], bound: 0 });
});

it("limits are counted by direction, a line and an area of the same name apart", () => {
  const bound = (start: string, line: string | null, direction: Binding["direction"]): Binding => ({
    ...{ start, line_id: line, area_id: line === null ? "A" : null, direction },
  });
  const found = limitCounts([
    bound("1", "A", "forward"),
    bound("2", "A", "backward"),
    bound("3", "A", "backward"),
    bound("3", null, "import"),
  ]);
  expect(
    found.map(({ member, isLine, direction, intervals }) => [member, isLine, direction, intervals]),
  ).toEqual([
    ["A", true, "backward", 2],
    ["A", true, "forward", 1],
    ["A", false, "import", 1],
  ]);
});

it("what of its bound a welfare reaches is rounded down: all of it only where it is all", () => {
  expect(reached("99.99999999", "100.00000000")).toBe(99.9999);
  expect(reached("100", "100.00")).toBe(100);
  expect(reached("0", "0")).toBe(100);
  expect(reached("-1", "4")).toBe(0);
});

it("the way leads to runs of the same kind of call", () => {
  const runs = [run(3), run(1), run(2, { call: "day_ahead", run_id: "day_ahead-2" })];
  expect(neighbours(runs, run(1))).toEqual({ earlier: null, later: "closing-3" });
  expect(neighbours(runs, run(3))).toEqual({ earlier: "closing-1", later: null });
  expect(neighbours([], run(3))).toEqual({ earlier: null, later: null });
});

it("a run's name says where it begins", () => {
  expect(startOf("closing-1467334800")).toBe(Date.parse("2016-07-01T01:00:00Z"));
  expect(startOf("reopening-1")).toBeNull();
  expect(startOf("closing-x")).toBeNull();
});

const verdict: Verdict = {
  run_id: "closing-1467334800",
  ...{ verified: true, faults: [], input_hash: "aa", receipt_hash_stated: "bb" },
  ...{ receipt_hash: "bb", rung_stated: "optimal", rung: "optimal", reproducible: true },
  took_ms: 12,
};

it("a proof passes step by step", () => {
  expect(checks(verdict).every(({ passed }) => passed)).toBe(true);
});

it.each<[string, Partial<Verdict>, string[]]>([
  ["what differs", { faults: ["receipt_hash", "areas"] }, ["compare", "verdict"]],
  ["what the auditor finds", { faults: ["line L: too much"] }, ["audit", "verdict"]],
  ["another rung", { faults: ["rung"], rung: "feasible" }, ["solve", "compare", "verdict"]],
])("%s fails its step and the whole", (_, change, failed) => {
  const found = checks({ ...verdict, verified: false, ...change });
  expect(found.filter(({ passed }) => passed === false).map(({ key }) => key)).toEqual(failed);
  expect(found.flatMap(({ faults }) => faults)).toEqual(change.faults);
});

it("where the journal does not prove itself nothing else was done", () => {
  const found = checks({ run_id: verdict.run_id, verified: false, faults: ["journal"] });
  expect(found.map(({ passed }) => passed)).toEqual([false, null, null, null, false]);
});

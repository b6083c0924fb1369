// Runs of a day in numbers: what an operator looks for first.

import { decimal } from "../../../language/decimal";
import type { Tone } from "../../../parts/text/State";
import type { Schemas } from "../../../wire/client";
import type { Binding, ClearingRun } from "../../wire";

/** Worst last. */
export const RUNGS = ["optimal", "feasible", "merit_order", "cancelled"] as const;
export type Rung = (typeof RUNGS)[number];

export const RUNG_TONES: Record<string, Tone> = {
  optimal: "good",
  feasible: "warning",
  merit_order: "warning",
  cancelled: "bad",
};
export const toneOf = (rung: string): Tone => RUNG_TONES[rung] ?? "unknown";

export interface Summary {
  /** Rungs other than the best, worst first, and how often. */
  lesser: [string, number][];
  /** The run that took longest; null: there is none. */
  slowest: ClearingRun | null;
  /** The run that is farthest from its bound. */
  widest: ClearingRun | null;
  /** Runs in which the auditor found something. */
  faulty: ClearingRun[];
  /** Runs in which a limit bound. */
  bound: number;
}

export function summary(runs: readonly ClearingRun[]): Summary {
  const most = (value: (run: ClearingRun) => number) =>
    runs.reduce<ClearingRun | null>(
      (best, run) => (best === null || value(run) > value(best) ? run : best),
      null,
    );
  const lesser = [...RUNGS]
    .reverse()
    .filter((rung) => rung !== "optimal")
    .map((rung): [string, number] => [rung, runs.filter((run) => run.rung === rung).length])
    .filter(([, count]) => count > 0);
  return {
    lesser,
    slowest: most((run) => run.solve_ms),
    widest: most((run) => run.gap_ppm),
    faulty: runs.filter((run) => run.audit_faults.length > 0),
    bound: runs.filter((run) => run.binding.length > 0).length,
  };
}

export interface LimitCount {
  key: string;
  member: string;
  isLine: boolean;
  direction: Binding["direction"];
  /** In how many intervals it bound. */
  intervals: number;
  starts: string[];
}

/** Limits that bound, those first that bound most often. */
export function limitCounts(binding: readonly Binding[]): LimitCount[] {
  const found = new Map<string, LimitCount>();
  for (const { start, line_id, area_id, direction } of binding) {
    const member = line_id ?? area_id ?? "";
    const key = `${line_id === null ? "area" : "line"} ${member} ${direction}`;
    const before = found.get(key);
    if (before) {
      before.starts.push(start);
      before.intervals = new Set(before.starts).size;
    } else {
      found.set(key, {
        ...{ key, member, isLine: line_id !== null, direction },
        ...{ intervals: 1, starts: [start] },
      });
    }
  }
  return [...found.values()].sort((a, b) => b.intervals - a.intervals);
}

/** How much of its bound a welfare reaches, percent, rounded down: never shown as all of it. */
export function reached(welfare: string, bound: string): number {
  const [a, b] = [decimal(welfare), decimal(bound)];
  if (a === null || b === null || b.units <= 0n) return 100;
  const places = Math.max(a.places, b.places);
  const scaled = (each: typeof a) => each.units * 10n ** BigInt(places - each.places);
  if (scaled(a) >= scaled(b)) return 100;
  return Math.max(0, Number((scaled(a) * 1_000_000n) / scaled(b)) / 10_000);
}

export interface Neighbours {
  earlier: string | null;
  later: string | null;
}

/** The runs before and after one, of the same kind of call, in order of time. */
export function neighbours(runs: readonly ClearingRun[], run: ClearingRun): Neighbours {
  const same = runs
    .filter(({ call }) => call === run.call)
    .sort((a, b) => Date.parse(a.start) - Date.parse(b.start));
  const at = same.findIndex(({ run_id }) => run_id === run.run_id);
  return {
    earlier: same[at - 1]?.run_id ?? null,
    later: at < 0 ? null : (same[at + 1]?.run_id ?? null),
  };
}

/** The first second of a run's first interval, as its name has it; null: no name of a run. */
export function startOf(runId: string): number | null {
  const found = /^(?:closing|day_ahead)-(\d{1,12})$/.exec(runId);
  return found === null ? null : Number(found[1]) * 1000;
}

/** What the market says of a run after it has solved and audited it again. */
export type Verdict = Schemas["Verdict"];

/** Fields of a result that can differ; every other fault is the auditor's. */
const FIELDS: readonly string[] = [
  ...["start_s", "rung", "reproducible", "areas", "lines", "filled_order_ids", "filled_wh"],
  ...["storage_fills", "welfare_quanta", "upper_bound_quanta", "solve_ms", "receipt_hash"],
  "intervals",
];
const JOURNAL = "journal";

export interface Check {
  key: "input" | "solve" | "audit" | "compare" | "verdict";
  /** Null: it did not come to that. */
  passed: boolean | null;
  /** What is wrong, by name. */
  faults: string[];
}

/** What was done, one after the other, and how each step went. */
export function checks({ verified, faults, ...told }: Verdict): Check[] {
  const broken = faults.includes(JOURNAL);
  const differing = faults.filter((each) => FIELDS.includes(each));
  const audited = faults.filter((each) => each !== JOURNAL && !FIELDS.includes(each));
  const reached = (passed: boolean) => (broken ? null : passed);
  return [
    { key: "input", passed: !broken, faults: [] },
    { key: "solve", passed: reached(told.rung === told.rung_stated), faults: [] },
    { key: "audit", passed: reached(audited.length === 0), faults: audited },
    { key: "compare", passed: reached(differing.length === 0), faults: differing },
    { key: "verdict", passed: verified, faults: [] },
  ];
}

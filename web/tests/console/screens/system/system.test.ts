import { expect, test } from "vitest";
import {
  fullness,
  sampled,
  size,
  standing,
  type MarketSystem,
  type Sample,
} from "../../../../src/console/screens/system/system";

const market = (changes: Partial<MarketSystem> = {}): MarketSystem => ({
  market_id: "riverside",
  status: "ok",
  epoch: 1,
  committed_seq: 100,
  projected_seq: 100,
  snapshot_batch: 0,
  queue: 0,
  queue_max: 10_000,
  lag: 0,
  committed_event_seq: 400,
  committed_at: "2016-07-01T00:50:00Z",
  batches: 20,
  kept_bytes: null,
  participants: 19,
  units: 28,
  stream: { clients: 0, by_role: {}, subscriptions: 0, lagging: 0, waiting: 0 },
  next_due: null,
  jobs: [{ job: "timetable", state: "running" }],
  features: {
    ...{ day_ahead: true, continuous: true, listing: false, bilateral: false, standing: false },
    ...{ collateral: false, readings_signed: false, limits_less_forecast: false },
  },
  ...changes,
});

test("the pace is what was committed between two looks, by real time", () => {
  let samples: readonly Sample[] = sampled([], market(), 1_000);
  expect(samples[0]?.perSecond).toBeNull();
  samples = sampled(samples, market({ committed_seq: 130, lag: 2 }), 4_000);
  expect(samples[1]).toEqual({ atMs: 4_000, lag: 2, queue: 0, committed: 130, perSecond: 10 });
});

test("the same moment is one sample, and a server that began anew has no pace yet", () => {
  const first = sampled([], market(), 1_000);
  expect(sampled(first, market({ committed_seq: 500 }), 1_000)).toBe(first);
  expect(sampled(first, market({ committed_seq: 3 }), 2_000)[1]?.perSecond).toBeNull();
});

test("samples are kept for half an hour, the oldest go", () => {
  let samples: readonly Sample[] = [];
  for (let n = 1; n <= 1_000; n += 1) samples = sampled(samples, market(), n * 2_000);
  expect(samples.length).toBe(900);
  expect(samples.at(-1)?.atMs).toBe(2_000_000);
});

test("a failed writer or job is bad, a filling queue or a slow listener a warning", () => {
  expect(standing(market())).toBe("good");
  expect(standing(market({ status: "failed" }))).toBe("bad");
  expect(standing(market({ jobs: [{ job: "settlement", state: "failed" }] }))).toBe("bad");
  const filling = market({ queue: 5_000 });
  expect(fullness(filling)).toBe(50);
  expect(standing(filling)).toBe("warning");
  const slow = { clients: 1, by_role: {}, subscriptions: 1, lagging: 1, waiting: 9 };
  expect(standing(market({ stream: slow }))).toBe("warning");
});

test("a file's size has the unit that fits", () => {
  expect(size(2_048)).toEqual({ value: 2, unit: "KiB" });
  expect(size(3 * 1024 ** 2).unit).toBe("MiB");
  expect(size(5 * 1024 ** 3)).toEqual({ value: 5, unit: "GiB" });
});

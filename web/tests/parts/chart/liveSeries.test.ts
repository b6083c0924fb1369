import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { LiveSeries } from "../../../src/parts/chart/liveSeries";

beforeEach(() => {
  vi.useFakeTimers();
  // Nobody looks at the page: it has no frames.
  vi.stubGlobal("requestAnimationFrame", () => 0);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("points are kept in order, a later one at the same time takes the place of the earlier", () => {
  const series = new LiveSeries(2);
  series.append(10, [1, 2]);
  series.append(20, [3, null]);
  series.append(20, [4, 5]);
  series.append(15, [9, 9]);
  expect(series.at).toEqual([10, 20]);
  expect(series.values).toEqual([
    [1, 4],
    [2, 5],
  ]);
});

it("only so many points are kept, the latest", () => {
  const series = new LiveSeries(1, 100);
  for (let at = 0; at < 1_000; at += 1) series.append(at, [at]);
  expect(series.at.length).toBeGreaterThanOrEqual(100);
  expect(series.at.length).toBeLessThanOrEqual(110);
  expect(series.at.at(-1)).toBe(999);
  expect(series.values[0]).toEqual(series.at);
});

it("who draws is told once for many points, also where there are no frames", () => {
  const series = new LiveSeries(1);
  const told = vi.fn();
  const leave = series.subscribe(told);
  for (let at = 0; at < 50; at += 1) series.append(at, [at]);
  expect(told).not.toHaveBeenCalled();
  vi.advanceTimersByTime(300);
  expect(told).toHaveBeenCalledTimes(1);
  expect(series.seen()).toBe(1);
  leave();
  series.append(60, [1]);
  vi.advanceTimersByTime(300);
  expect(told).toHaveBeenCalledTimes(1);
});

it("a repaired gap takes all points anew", () => {
  const series = new LiveSeries(1, 3);
  series.append(1, [1]);
  series.replace([1, 2, 3, 4], [[1, 2, null, 4]]);
  expect(series.at).toEqual([2, 3, 4]);
  expect(series.values).toEqual([[2, null, 4]]);
});

import { describe, expect, it } from "vitest";
import { countdown, local, marketDay, marketNow, midnight } from "../../src/market/time";

const clock = { nowMs: 1_000_000, heardMs: 500, running: true, speed: 720 };

describe("market time on the screen", () => {
  it("runs at the market's pace", () => {
    expect(marketNow(clock, 1_500, null)).toBe(1_000_000 + 720_000);
  });
  it("stands while the clock stands", () => {
    expect(marketNow({ ...clock, running: false }, 99_000, null)).toBe(1_000_000);
  });
  it("never passes a gate that has not been said to be closed", () => {
    expect(marketNow(clock, 1_500, 1_100_000)).toBe(1_100_000);
  });
  it("is not held back by a gate that is already behind it", () => {
    expect(marketNow(clock, 1_500, 900_000)).toBe(1_000_000);
  });
  it("stops when nothing has been heard for long", () => {
    expect(marketNow(clock, 100_000, null)).toBe(marketNow(clock, 50_000, null));
  });
});

describe("the countdown", () => {
  it.each([
    [0, "0:00"],
    [-5_000, "0:00"],
    [1, "0:01"],
    [61_000, "1:01"],
    [3_600_000, "1:00:00"],
    [3_725_000, "1:02:05"],
  ])("%d ms reads %s", (ms, text) => expect(countdown(ms)).toBe(text));
});

describe("the market day", () => {
  const rules = { zone: "Europe/Berlin", minutes: 15, fromMs: 0, untilMs: null };
  it.each([
    ["2016-06-15T12:00:00Z", 96],
    ["2016-03-27T12:00:00Z", 92],
    ["2016-10-30T12:00:00Z", 100],
  ])("%s has %d quarter-hours", (at, count) => {
    const day = marketDay(Date.parse(at), rules);
    expect(day.startsMs).toHaveLength(count);
    expect(local(day.fromMs, rules.zone)).toMatchObject({ hour: 0, minute: 0 });
    expect(local(day.untilMs, rules.zone)).toMatchObject({ hour: 0, minute: 0 });
  });

  it.each([
    ["2016-04-02T20:00:00Z", 100],
    ["2016-10-01T20:00:00Z", 92],
  ])("%s has %d where the clocks change far from Greenwich", (at, count) => {
    const day = marketDay(Date.parse(at), { ...rules, zone: "Australia/Sydney" });
    expect(day.startsMs).toHaveLength(count);
  });

  it("is cut to the time in which the market trades", () => {
    const fromMs = Date.parse("2016-06-15T06:00:00Z");
    const untilMs = Date.parse("2016-06-15T08:00:00Z");
    const day = marketDay(fromMs, { ...rules, fromMs, untilMs });
    expect(day.startsMs).toHaveLength(8);
    expect(day.startsMs[0]).toBe(fromMs);
  });

  it("is the first one before trading begins and the last one after it has ended", () => {
    const fromMs = Date.parse("2016-06-14T22:00:00Z");
    const untilMs = Date.parse("2016-06-15T22:00:00Z");
    for (const at of ["2016-06-01T00:00:00Z", "2016-07-01T00:00:00Z"]) {
      expect(marketDay(Date.parse(at), { ...rules, fromMs, untilMs }).startsMs).toHaveLength(96);
    }
  });

  it("knows midnight of a zone with a fixed offset", () => {
    expect(midnight(Date.parse("2016-06-15T12:00:00Z"), "Etc/GMT-1")).toBe(
      Date.parse("2016-06-14T23:00:00Z"),
    );
  });
});

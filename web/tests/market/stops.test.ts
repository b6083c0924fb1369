import { describe, expect, it } from "vitest";
import { NOTHING_YET, reduce, type Situation } from "../../src/market/state";
import { phaseIn, stopGroups } from "../../src/market/stops";
import { dayView, phaseRail } from "../../src/market/views";
import { MARKET, message, scheduled } from "../wire";

const play = (from: Situation, ...told: [type: "snapshot" | "delta", data: object][]) =>
  told.reduce(
    (now, [type, data], seq) =>
      reduce(now, { kind: "message", message: message(type, seq, data), heardMs: 0 }),
    from,
  );
const open = scheduled(4, { phase: "continuous" });
const next = scheduled(5, { phase: "continuous" });
const { start } = open;
const trading = (stops: object[] = []) =>
  play(NOTHING_YET, ["snapshot", { intervals: [open, next], stops }]);
const phases = (now: Situation, area: string | null) =>
  [...now.intervals.values()].map((each) => phaseIn(now.stops, each, area));

describe("a stop", () => {
  it("of one area hides the phase there and nowhere else, and ends", () => {
    const stopped = play(trading(), [
      "delta",
      { event: "phase", start, area: "RUR", phase: "volatility_call", at: "" },
    ]);
    expect(phases(stopped, "RUR")).toEqual(["volatility_call", "continuous"]);
    expect(phases(stopped, "SEM")).toEqual(["continuous", "continuous"]);
    expect(stopped.intervals.get(start)?.phase).toBe("continuous");
    expect(stopped.news).toEqual({ start, phase: "volatility_call", area: "RUR" });
    const over = play(stopped, [
      "delta",
      { event: "phase", start, area: "RUR", phase: "continuous", at: "" },
    ]);
    expect(phases(over, "RUR")).toEqual(["continuous", "continuous"]);
  });

  it("of the whole market is counted in the rail, until it is released", () => {
    const told = { start: null, area: null, phase: "halt", at: "" };
    const halted = play(trading(), ["delta", { event: "stopped", ...told }]);
    const counted = (now: Situation) =>
      phaseRail(dayView(now, MARKET), MARKET)
        .filter(({ count }) => count > 0)
        .map(({ phase, count }) => [phase, count]);
    expect(counted(halted)).toEqual([["halt", 2]]);
    const released = play(halted, ["delta", { event: "released", start: null, area: null }]);
    expect(counted(released)).toEqual([["continuous", 2]]);
  });

  it("comes with the snapshot, and a halt counts for more than a volatility call", () => {
    const now = trading([
      { start, area: "RUR", phase: "volatility_call" },
      { start: null, area: "RUR", phase: "halt" },
    ]);
    expect(phases(now, "RUR")).toEqual(["halt", "halt"]);
    expect(stopGroups(now.stops, now.intervals)).toEqual([
      { phase: "halt", area: "RUR", starts: null },
      { phase: "volatility_call", area: "RUR", starts: [start] },
    ]);
  });

  it("hides nothing after the gate, and is forgotten with delivery", () => {
    const stop = { start, area: "RUR", phase: "volatility_call" };
    const locked = play(trading([stop]), [
      "delta",
      { event: "phase", start, area: null, phase: "locked", at: "" },
    ]);
    expect(phases(locked, "RUR")).toEqual(["locked", "continuous"]);
    expect(stopGroups(locked.stops, locked.intervals)).toEqual([]);
    const over = play(locked, [
      "delta",
      { event: "phase", start, area: null, phase: "delivery_lock", at: "" },
    ]);
    expect(over.stops.size).toBe(0);
  });
});

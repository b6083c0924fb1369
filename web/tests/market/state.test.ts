import { describe, expect, it } from "vitest";
import {
  NOTHING_YET,
  TRADES_MAX,
  reduce,
  type Action,
  type Heard,
  type Situation,
} from "../../src/market/state";
import { cleared, message, on, scheduled } from "../wire";

const hear = (said: Heard, heardMs = 0): Action => ({ kind: "message", message: said, heardMs });
const play = (actions: Action[], from: Situation = NOTHING_YET) => actions.reduce(reduce, from);
const market = (data: object, seq = 1) => hear(message("delta", seq, data));

const morning = hear(
  message("snapshot", 0, { intervals: [scheduled(1), scheduled(0)], stops: [] }),
);

describe("the situation", () => {
  it("keeps intervals in the order of time, however they come", () => {
    const { intervals } = play([morning]);
    expect([...intervals.keys()]).toEqual([scheduled(0).start, scheduled(1).start]);
  });

  it("follows an interval from gate to settlement", () => {
    const { start } = scheduled(0);
    const phases: string[] = [];
    let now = play([morning]);
    for (const data of [
      { event: "phase", start, area: null, phase: "locked", at: "" },
      { event: "cleared", interval: cleared(0, { phase: "locked" }) },
      { event: "phase", start, area: null, phase: "delivery_lock", at: "" },
      { event: "phase", start, area: null, phase: "settling", at: "" },
      { event: "settled", start, ledger_sum: "0.00000000" },
    ]) {
      now = play([market(data)], now);
      phases.push(now.intervals.get(start)?.phase ?? "");
    }
    expect(phases).toEqual(["locked", "locked", "delivery_lock", "settling", "settled"]);
    expect(now.intervals.get(start)?.areas).toHaveLength(3);
    expect(now.ledger).toEqual({ start, sum: "0.00000000" });
    expect(now.news).toEqual({ start, phase: "settling", area: null });
  });

  it("takes a snapshot as the truth about its intervals and keeps the others", () => {
    const now = play([
      morning,
      market({ event: "cleared", interval: cleared(0) }),
      hear(message("snapshot", 9, { intervals: [scheduled(0, { phase: "locked" })], stops: [] })),
    ]);
    expect(now.intervals.get(scheduled(0).start)?.phase).toBe("locked");
    expect(now.intervals.get(scheduled(0).start)?.areas).toBeNull();
    expect(now.intervals.size).toBe(2);
  });

  it("learns of an interval it did not know from an event", () => {
    const { start } = scheduled(5);
    const now = play([
      morning,
      market({ event: "phase", start, area: null, phase: "call", at: "" }),
    ]);
    expect(now.intervals.get(start)).toMatchObject({ start, phase: "call", gate_at: null });
  });

  it("lets an answer over HTTP fill in, never set back", () => {
    const now = play([
      market({ event: "cleared", interval: cleared(0, { gate_at: null }) }),
      { kind: "intervals", intervals: [scheduled(0), scheduled(1)] },
    ]);
    const first = now.intervals.get(scheduled(0).start);
    expect(first?.phase).toBe("delivery_lock");
    expect(first?.areas).toHaveLength(3);
    expect(first?.gate_at).toBe(scheduled(0).gate_at);
    expect(now.intervals.size).toBe(2);
  });

  it("is unmoved by events it does not know", () => {
    const before = play([morning]);
    const after = play([market({ event: "halted", reason: "?" })], before);
    expect(after.intervals).toBe(before.intervals);
  });

  it("does not change what it was given", () => {
    const before = play([morning]);
    const copy = structuredClone([...before.intervals]);
    play([market({ event: "cleared", interval: cleared(0) })], before);
    expect([...before.intervals]).toEqual(copy);
  });
});

describe("trades", () => {
  const items = (from: number, count: number) =>
    Array.from({ length: count }, (_, n) => ({
      trade_id: `T${from + n}`,
      side: "buy" as const,
      price_per_mwh: "200.00",
      energy_kwh: "1.000",
      venue: "call",
    }));
  const trades = (area: string, start: string, from: number, count: number) =>
    hear(on("trades", area, "delta", 1, { event: "trades", start, items: items(from, count) }));

  it("stand newest first, with their area and interval", () => {
    const now = play([
      trades("RUR", scheduled(0).start, 1, 2),
      trades("SEM", scheduled(0).start, 3, 1),
    ]);
    expect(now.trades.map(({ trade_id, area_id }) => [trade_id, area_id])).toEqual([
      ["T3", "SEM"],
      ["T2", "RUR"],
      ["T1", "RUR"],
    ]);
  });

  it("are anew for one area after its snapshot, the others' stay", () => {
    const start = scheduled(1).start;
    const now = play([
      trades("RUR", scheduled(0).start, 1, 2),
      trades("SEM", scheduled(0).start, 3, 1),
      hear(
        on("trades", "RUR", "snapshot", 9, {
          items: items(7, 2).map((each) => ({ ...each, start })),
        }),
      ),
    ]);
    expect(now.trades.map(({ trade_id }) => trade_id)).toEqual(["T8", "T7", "T3"]);
  });

  it("say what became of them when they are recalled", () => {
    const recalled = on("trades", "RUR", "delta", 2, {
      event: "trades_recalled",
      start: scheduled(0).start,
      items: [{ trade_id: "T1", state: "cancelled" }],
    });
    const now = play([trades("RUR", scheduled(0).start, 1, 2), hear(recalled)]);
    expect(now.trades.map(({ trade_id, state }) => [trade_id, state ?? null])).toEqual([
      ["T2", null],
      ["T1", "cancelled"],
    ]);
  });

  it("are unmoved by events this page does not know", () => {
    const before = play([trades("RUR", scheduled(0).start, 1, 2)]);
    const after = play([hear(on("trades", "RUR", "delta", 3, { event: "priced" }))], before);
    expect(after.trades).toBe(before.trades);
  });

  it("are kept up to a bound", () => {
    const now = play([trades("RUR", scheduled(0).start, 1, TRADES_MAX + 50)]);
    expect(now.trades).toHaveLength(TRADES_MAX);
    expect(now.trades[0]?.trade_id).toBe(`T${TRADES_MAX + 50}`);
  });
});

describe("the clock", () => {
  it("is the connection's and moved on by every message's time", () => {
    const beat = { nowMs: Date.parse("2016-06-15T08:00:00Z"), heardMs: 50 };
    const set = play([{ kind: "clock", clock: { ...beat, running: true, speed: 720 } }]);
    expect(set.clock).toEqual({ ...beat, running: true, speed: 720 });
    const later = play([hear(message("delta", 1, { event: "?" }), 80)], set);
    expect(later.clock).toEqual({
      nowMs: Date.parse("2016-06-15T09:00:00Z"),
      heardMs: 80,
      running: true,
      speed: 720,
    });
  });

  it("is not guessed from a message alone: without a pace there is no clock", () => {
    expect(play([market({ event: "?" })]).clock).toBeNull();
  });
});

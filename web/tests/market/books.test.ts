import { describe, expect, it } from "vitest";
import { ladder } from "../../src/market/books";
import { bookKeys } from "../../src/market/feed";
import { NOTHING_YET, reduce, type Situation } from "../../src/market/state";
import { MARKET, on, scheduled } from "../wire";

const { start } = scheduled(4);
const level = (side: string, price_per_mwh: string, energy_kwh: string) => ({
  side,
  price_per_mwh,
  energy_kwh,
});
const hear = (from: Situation, type: "snapshot" | "delta", ...intervals: object[]) =>
  reduce(from, {
    kind: "message",
    message: on("book", "RUR", type, 1, { event: "depth", intervals }),
    heardMs: 0,
  });
const rungs = (now: Situation, most = 6) =>
  ladder(now.books.get("RUR")?.get(start), most).map(({ price, buyKwh, sellKwh }) => [
    price,
    buyKwh,
    sellKwh,
  ]);
const opened = hear(NOTHING_YET, "snapshot", {
  start,
  phase: "continuous",
  levels: [
    level("buy", "9.00", "1.000"),
    level("buy", "100.00", "2.000"),
    level("sell", "120.00", "4.000"),
    level("sell", "110.00", "0.500"),
  ],
});

describe("a book", () => {
  it("stands as a ladder, dearest first, by number and not by letter", () => {
    expect(rungs(opened)).toEqual([
      ["120.00", null, "4.000"],
      ["110.00", null, "0.500"],
      ["100.00", "2.000", null],
      ["9.00", "1.000", null],
    ]);
    expect(ladder(opened.books.get("RUR")?.get(start), 6).map(({ part }) => part)).toEqual([
      1, 0.125, 0.5, 0.25,
    ]);
  });

  it("shows the best of each side where there is more than fits", () => {
    expect(rungs(opened, 1)).toEqual([
      ["110.00", null, "0.500"],
      ["100.00", "2.000", null],
    ]);
  });

  it("changes level by level; nothing left takes the level away", () => {
    const changed = hear(opened, "delta", {
      start,
      phase: "continuous",
      levels: [level("buy", "100.00", "0.000"), level("sell", "110.00", "0.750")],
    });
    expect(rungs(changed)).toEqual([
      ["120.00", null, "4.000"],
      ["110.00", null, "0.750"],
      ["9.00", "1.000", null],
    ]);
    expect(rungs(opened)).toHaveLength(4);
  });

  it("is the last one in a halt, and gone when the interval is not traded continuously", () => {
    const halted = hear(opened, "delta", { start, phase: "halt", levels: [] });
    expect(rungs(halted)).toHaveLength(4);
    const locked = hear(halted, "delta", { start, phase: "locked", levels: [] });
    expect(locked.books.get("RUR")?.has(start)).toBe(false);
  });

  it("is anew with a snapshot", () => {
    expect(hear(opened, "snapshot").books.get("RUR")?.size).toBe(0);
  });
});

describe("the books heard", () => {
  it("are none where nothing is traded continuously, else every area's and the merged one", () => {
    expect(bookKeys(MARKET)).toEqual([]);
    const continuous = { opens_minutes: 660 };
    expect(bookKeys({ ...MARKET, continuous })).toEqual(["RUR", "SEM", "GRID", "market"]);
  });
});

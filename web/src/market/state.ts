// What the console knows of one market, as a pure function of what it has heard.
//
// The one idea: the stream's messages are actions of a reducer; nothing in here reads a clock, a
// socket or the page. Times of reception come with the action.

import { clockOf, type ClockBase } from "../stream/hub";
import { STOPS, type Interval, type MessageOf, type Phase, type PublicTrade } from "../wire/types";
import { booksAnew, booksMore, type Books } from "./books";
import { movedOn, released, stopped, stopsAnew, type Stops } from "./stops";

/** Trades shown; the day's full list is a question for the API, not for a page that streams. */
export const TRADES_MAX = 300;
/** Intervals kept: several days, so that a page left open for weeks stays small. */
export const INTERVALS_MAX = 1_000;

export interface SeenTrade extends PublicTrade {
  area_id: string;
  start: string;
}

export interface PhaseNews {
  start: string;
  phase: Phase;
  /** Null: in every area. */
  area: string | null;
}

export interface Situation {
  /** By start, in order of time. */
  intervals: ReadonlyMap<string, Interval>;
  /** Halts and volatility calls that hold. */
  stops: Stops;
  books: Books;
  /** Newest first. */
  trades: readonly SeenTrade[];
  clock: ClockBase | null;
  /** Sum over all accounts after the last settlement we heard of; null: none yet. */
  ledger: { start: string; sum: string } | null;
  daysClosed: readonly string[];
  /** The last change of phase, for those who listen rather than look. */
  news: PhaseNews | null;
}

export const NOTHING_YET: Situation = {
  intervals: new Map(),
  stops: new Map(),
  books: new Map(),
  trades: [],
  clock: null,
  ledger: null,
  daysClosed: [],
  news: null,
};

/** The channels of which a situation is made. */
export type Heard = MessageOf<"market" | "trades" | "book">;
type Change<C extends Heard["channel"]> = Exclude<MessageOf<C>, { type: "snapshot" }>["data"];

export type Action =
  | { kind: "message"; message: Heard; heardMs: number }
  | { kind: "clock"; clock: ClockBase }
  | { kind: "intervals"; intervals: Interval[] };

export function reduce(situation: Situation, action: Action): Situation {
  switch (action.kind) {
    case "clock":
      return { ...situation, clock: action.clock };
    case "intervals":
      return { ...situation, intervals: fill(situation.intervals, action.intervals) };
    case "message":
      return hear(situation, action.message, action.heardMs);
  }
}

function hear(before: Situation, message: Heard, heardMs: number): Situation {
  const situation = { ...before, clock: clockOf(before.clock, message, heardMs) };
  const { key } = message;
  switch (message.channel) {
    case "market": {
      if (message.type !== "snapshot") return marketEvent(situation, message.data);
      const { intervals, stops } = message.data;
      return {
        ...situation,
        intervals: replace(situation.intervals, intervals),
        stops: stopsAnew(stops),
      };
    }
    case "book": {
      if (message.type === "snapshot") {
        return { ...situation, books: booksAnew(situation.books, key, message.data.intervals) };
      }
      if (message.data.event !== "depth") return situation;
      return { ...situation, books: booksMore(situation.books, key, message.data.intervals) };
    }
    case "trades":
      if (message.type === "snapshot") {
        return { ...situation, trades: tradesAnew(situation.trades, message.data.items, key) };
      }
      return { ...situation, trades: tradesChanged(situation.trades, message.data, key) };
  }
}

function marketEvent(situation: Situation, data: Change<"market">): Situation {
  switch (data.event) {
    case "phase":
      return phaseEntered(situation, data);
    case "stopped": {
      const { start, area, phase } = data;
      return { ...situation, stops: stopped(situation.stops, { start, area, phase }) };
    }
    case "released": {
      const { start, area } = data;
      return { ...situation, stops: released(situation.stops, start, area) };
    }
    case "cleared": {
      const { interval } = data;
      return { ...situation, intervals: change(situation.intervals, interval.start, interval) };
    }
    case "settled": {
      const { start, ledger_sum } = data;
      const intervals = change(situation.intervals, start, { phase: "settled" });
      return { ...situation, intervals, ledger: { start, sum: ledger_sum } };
    }
    case "day_closed":
      return { ...situation, daysClosed: [...situation.daysClosed, data.day].slice(-31) };
    default:
      // Other events, and those this console does not know yet, say nothing to it.
      return situation;
  }
}

function phaseEntered(situation: Situation, { start, phase, area }: PhaseNews): Situation {
  const news = { start, phase, area };
  if (STOPS.includes(phase)) {
    return { ...situation, stops: stopped(situation.stops, news), news };
  }
  const stops = movedOn(situation.stops, start, news);
  // In one area only: a stop has ended there, the interval itself has not moved.
  if (area !== null) return { ...situation, stops, news };
  return { ...situation, intervals: change(situation.intervals, start, { phase }), stops, news };
}

const UNKNOWN: Omit<Interval, "start"> = {
  end: null,
  phase: "scheduled",
  gate_at: null,
  rung: null,
  welfare: null,
  upper_bound: null,
  trades: null,
  solve_ms: null,
  audit_faults: null,
  receipt_hash: null,
  areas: null,
  lines: null,
};

type Intervals = ReadonlyMap<string, Interval>;

function change(intervals: Intervals, start: string, news: Partial<Interval>): Intervals {
  const known = intervals.get(start);
  const next = new Map(intervals);
  next.set(start, { ...UNKNOWN, ...known, ...news, start });
  return known ? next : sorted(next);
}

/** A snapshot is the truth about every interval in it. */
function replace(intervals: Intervals, fresh: Interval[]): Intervals {
  const next = new Map(intervals);
  for (const each of fresh) next.set(each.start, each);
  return sorted(next);
}

/** An answer over HTTP may be older than what the stream has said since: it only fills in. */
function fill(intervals: Intervals, found: Interval[]): Intervals {
  const next = new Map(intervals);
  for (const each of found) {
    const known = next.get(each.start);
    if (!known) {
      next.set(each.start, each);
      continue;
    }
    const heard = Object.fromEntries(Object.entries(known).filter(([, value]) => value !== null));
    const later = progress(known.phase) >= progress(each.phase) ? known : each;
    next.set(each.start, { ...each, ...heard, phase: later.phase });
  }
  return sorted(next);
}

/** How far along its road; between opening and gate an interval may go to and fro. */
function progress(phase: Phase): number {
  const ends: Phase[] = ["delivery_lock", "settling", "settled"];
  return phase === "scheduled" ? -2 : ends.indexOf(phase);
}

function sorted(intervals: Intervals): Intervals {
  const entries = [...intervals].sort(([a], [b]) => Date.parse(a) - Date.parse(b));
  return new Map(entries.slice(-INTERVALS_MAX));
}

function tradesAnew(trades: readonly SeenTrade[], items: readonly PublicTrade[], area: string) {
  const others = trades.filter((each) => each.area_id !== area);
  return newestFirst([...others, ...items.map((item) => seen(item, area, item.start ?? ""))]);
}

/** Trades were made, or their recall was asked for or decided: they stay, and say what became of them. */
function tradesChanged(trades: readonly SeenTrade[], data: Change<"trades">, area: string) {
  if (data.event === "trades") {
    const fresh = data.items.map((item) => seen(item, area, data.start)).reverse();
    return [...fresh, ...trades].slice(0, TRADES_MAX);
  }
  if (data.event !== "trades_recalled") return trades;
  const states = new Map(data.items.map(({ trade_id, state }) => [trade_id, state]));
  return trades.map((each) => {
    const state = states.get(each.trade_id);
    return state === undefined ? each : { ...each, state };
  });
}

const seen = (item: PublicTrade, area_id: string, start: string): SeenTrade => ({
  ...item,
  area_id,
  start,
});

/** The market numbers its trades as they are made. */
const numberOf = ({ trade_id }: SeenTrade) => Number(/\d+$/.exec(trade_id)?.[0] ?? 0);

function newestFirst(trades: SeenTrade[]): SeenTrade[] {
  return [...trades].sort((a, b) => numberOf(b) - numberOf(a)).slice(0, TRADES_MAX);
}

// What the console knows of one market, as a pure function of what it has heard.
//
// The one idea: the stream's messages are actions of a reducer; nothing in here reads a clock, a
// socket or the page. Times of reception come with the action.

import { clockOf, type ClockBase } from "../stream/hub";
import {
  STOPS,
  type BookInterval,
  type Envelope,
  type Interval,
  type Phase,
  type PublicTrade,
  type Stop,
} from "../wire/types";
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

export type Action =
  | { kind: "message"; message: Envelope; heardMs: number }
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

function hear(before: Situation, message: Envelope, heardMs: number): Situation {
  const data = (message.data ?? {}) as Record<string, unknown>;
  if (message.type === "heartbeat" || message.type === "hello") {
    return { ...before, clock: clockOf(before.clock, message, heardMs) };
  }
  const situation = { ...before, clock: clockOf(before.clock, message, heardMs) };
  if (message.channel === "market") {
    return message.type === "snapshot"
      ? {
          ...situation,
          intervals: replace(situation.intervals, data.intervals as Interval[]),
          stops: stopsAnew((data.stops ?? []) as Stop[]),
        }
      : marketEvent(situation, data);
  }
  if (message.channel === "book" && message.key !== null) {
    const found = (data.intervals ?? []) as BookInterval[];
    const put = message.type === "snapshot" ? booksAnew : booksMore;
    return { ...situation, books: put(situation.books, message.key, found) };
  }
  if (message.channel === "trades" && message.key !== null) {
    const items = (data.items ?? []) as PublicTrade[];
    if (data.event === "trades_recalled") {
      return { ...situation, trades: tradesRecalled(situation.trades, items) };
    }
    return message.type === "snapshot"
      ? { ...situation, trades: tradesAnew(situation.trades, items, message.key) }
      : { ...situation, trades: tradesMore(situation.trades, items, message.key, data.start) };
  }
  return situation;
}

function marketEvent(situation: Situation, data: Record<string, unknown>): Situation {
  switch (data.event) {
    case "phase":
      return phaseEntered(situation, data);
    case "stopped": {
      const stop = data as unknown as Stop;
      return { ...situation, stops: stopped(situation.stops, stop) };
    }
    case "released": {
      const { start, area } = data as unknown as Stop;
      return { ...situation, stops: released(situation.stops, start, area) };
    }
    case "cleared": {
      const interval = data.interval as Interval;
      return { ...situation, intervals: change(situation.intervals, interval.start, interval) };
    }
    case "settled": {
      const start = data.start as string;
      const intervals = change(situation.intervals, start, { phase: "settled" });
      return { ...situation, intervals, ledger: { start, sum: String(data.ledger_sum) } };
    }
    case "day_closed":
      return { ...situation, daysClosed: [...situation.daysClosed, data.day as string].slice(-31) };
    default:
      // An event this console does not know yet says nothing to it.
      return situation;
  }
}

function phaseEntered(situation: Situation, data: Record<string, unknown>): Situation {
  const { start, phase } = data as unknown as PhaseNews;
  const area = (data.area ?? null) as string | null;
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

function tradesAnew(trades: readonly SeenTrade[], items: PublicTrade[], area: string) {
  const others = trades.filter((each) => each.area_id !== area);
  return newestFirst([...others, ...items.map((item) => seen(item, area, item.start))]);
}

function tradesMore(
  trades: readonly SeenTrade[],
  items: PublicTrade[],
  area: string,
  start: unknown,
) {
  const fresh = items.map((item) => seen(item, area, start)).reverse();
  return [...fresh, ...trades].slice(0, TRADES_MAX);
}

/** The recall of trades was asked for, or decided: they stay, and say what became of them. */
function tradesRecalled(
  trades: readonly SeenTrade[],
  items: readonly Pick<PublicTrade, "trade_id" | "state">[],
) {
  const states = new Map(items.map(({ trade_id, state }) => [trade_id, state]));
  return trades.map((each) => {
    const state = states.get(each.trade_id);
    return state === undefined ? each : { ...each, state };
  });
}

function seen(item: PublicTrade, area: string, start: unknown): SeenTrade {
  return { ...item, area_id: area, start: typeof start === "string" ? start : (item.start ?? "") };
}

/** The market numbers its trades as they are made. */
const numberOf = ({ trade_id }: SeenTrade) => Number(/\d+$/.exec(trade_id)?.[0] ?? 0);

function newestFirst(trades: SeenTrade[]): SeenTrade[] {
  return [...trades].sort((a, b) => numberOf(b) - numberOf(a)).slice(0, TRADES_MAX);
}

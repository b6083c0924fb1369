// Which interval is looked at: the newest that is cleared, or one that somebody has chosen of any day.

import { useMemo } from "react";
import { NOTHING_YET, reduce, type Situation } from "../../../market/state";
import { useChannel } from "../../../shell/live";
import { useList } from "../../../wire/queries";
import type { Interval, Market, MessageOf } from "../../../wire/types";
import { marketDate, spanOf } from "../../place";

const heard = (situation: Situation, message: MessageOf<"market">): Situation =>
  reduce(situation, { kind: "message", message, heardMs: 0 });

export interface ShownInterval {
  /** The market's local day that is looked at; null: no time is known yet. */
  day: string | null;
  /** Start of the interval; null: none is cleared yet. */
  startMs: number | null;
  interval: Interval | null;
  following: boolean;
  state: "loading" | "ready" | "failed";
  problem: { code: string; traceId: string | null } | null;
  again(): void;
}

/** `chosen`: start as the address has it; nothing: the newest cleared one of the day is followed. */
export function useShownInterval(
  market: Market,
  chosen: string | undefined,
  day: string | undefined,
  nowMs: number | null,
): ShownInterval {
  const live = useChannel("market", market.market_id, heard, NOTHING_YET);
  const atMs = chosen === undefined ? nowMs : Date.parse(chosen);
  const shown = day ?? (atMs === null ? null : marketDate(atMs, market));
  const list = useList("/v1/markets/{market}/intervals", {
    query: shown === null ? {} : spanOf(shown, market.time_zone),
    when: shown !== null,
    all: true,
    keep: true,
  });
  const { intervals } = live.state;
  const ofDay = useMemo(() => {
    const byStart = new Map<number, Interval>(
      list.items.map((each) => [Date.parse(each.start), each]),
    );
    for (const each of intervals.values()) {
      const ms = Date.parse(each.start);
      // The stream is the newer of the two; but of intervals settled long ago it has no result.
      if (each.areas !== null || !byStart.has(ms)) byStart.set(ms, each);
    }
    return [...byStart.values()]
      .filter((each) => marketDate(Date.parse(each.start), market) === shown)
      .sort((a, b) => Date.parse(a.start) - Date.parse(b.start));
  }, [list.items, intervals, market, shown]);
  const newest = ofDay.findLast(({ areas }) => areas !== null) ?? null;
  const startMs =
    chosen !== undefined ? Date.parse(chosen) : newest === null ? null : Date.parse(newest.start);
  const interval = ofDay.find((each) => Date.parse(each.start) === startMs) ?? null;
  const { state, problem, again } = list;
  return {
    ...{ day: shown, startMs, interval, state, problem, again },
    following: chosen === undefined && day === undefined,
  };
}

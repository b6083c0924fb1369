// Where somebody is on a screen: what is chosen stands in the address, so that it can be sent to a
// colleague, kept as a bookmark and gone back from.

import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";
import { localDate, midnight } from "../language/zone";
import { marketNow } from "../market/time";
import { useClock, useRealTime } from "../shell/live";
import { useRead } from "../wire/queries";
import type { Market } from "../wire/types";

export type Place<Name extends string> = Partial<Record<Name, string>>;
export type Move<Name extends string> = (
  to: Partial<Record<Name, string | null>>,
  how?: { keep: boolean },
) => void;

/** What the address says of these names, and a way to change it; null takes a name away. */
export function usePlace<Name extends string>(
  ...names: readonly Name[]
): [Place<Name>, Move<Name>] {
  const [search, setSearch] = useSearchParams();
  const list = names.join(" ");
  const place = useMemo(() => {
    const found: Place<Name> = {};
    for (const name of list.split(" ") as Name[]) {
      const value = search.get(name);
      if (value !== null && value !== "") found[name] = value;
    }
    return found;
  }, [search, list]);
  const move = useCallback<Move<Name>>(
    (to, how) =>
      setSearch(
        (before) => {
          for (const [name, value] of Object.entries(to) as [Name, string | null | undefined][]) {
            if (value === null || value === undefined) before.delete(name);
            else before.set(name, value);
          }
          return before;
        },
        { replace: how?.keep !== true },
      ),
    [setSearch],
  );
  return [place, move];
}

/** Market time, ms, carried on between two messages; null: not heard yet. `holdMs`: not past this. */
export function useMarketNow(holdMs: number | null = null, everyMs = 1_000): number | null {
  const heard = useClock();
  const real = useRealTime(everyMs);
  const asked = useRead("/v1/clock", { when: heard === null });
  if (heard !== null) return marketNow(heard, real, holdMs);
  return asked.value === undefined ? null : Date.parse(asked.value.now);
}

/** The market's local day at an instant, inside of the time in which it trades. */
export function marketDate(ms: number, market: Market): string {
  const from = Date.parse(market.trading_from);
  const until = market.trading_until === null ? Infinity : Date.parse(market.trading_until);
  return localDate(Math.max(from, Math.min(ms, until - 1)), market.time_zone);
}

/** The first and the last local day on which the market trades. */
export function tradedDays(market: Market): { min: string; max?: string } {
  const { trading_from, trading_until, time_zone } = market;
  const min = localDate(Date.parse(trading_from), time_zone);
  if (trading_until === null) return { min };
  return { min, max: localDate(Date.parse(trading_until) - 1, time_zone) };
}

export interface Span {
  from: string;
  to: string;
}

/** From midnight to midnight of a local day (`2016-07-01`), as the wire asks for it. */
export function spanOf(day: string, zone: string): Span {
  // Noon is on the day in every zone that is at most twelve hours off; two lie beyond and are caught.
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  let noon = Date.UTC(year, month - 1, date, 12);
  if (localDate(noon, zone) > day) noon -= 6 * 3_600_000;
  return {
    from: new Date(midnight(noon, zone)).toISOString(),
    to: new Date(midnight(noon, zone, 1)).toISOString(),
  };
}

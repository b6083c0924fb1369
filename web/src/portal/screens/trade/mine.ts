// What all views of trading have in common: the person's units, its cover, the market's time and prices.

import { localDate } from "../../../language/zone";
import { local } from "../../../language/zone";
import { useClock, useNews } from "../../../shell/live";
import { useMarket } from "../../../shell/markets";
import { useSession } from "../../../shell/session";
import { useList, useRead } from "../../../wire/queries";
import "./answers";
import { bandAt, dayPrices } from "./rules";

export const ORDERS = "/v1/markets/{market}/orders";
export const TRADES = "/v1/markets/{market}/trades";
export const RULES = "/v1/markets/{market}/standing-orders";
export const LISTINGS = "/v1/markets/{market}/listings";
export const CONTRACTS = "/v1/markets/{market}/contracts";
export const INQUIRIES = "/v1/markets/{market}/inquiries";
export const QUOTES = "/v1/markets/{market}/quotes";
export const COLLATERAL = "/v1/markets/{market}/account/collateral";
export const FORECASTS = "/v1/markets/{market}/forecasts";
export const INTERVALS = "/v1/markets/{market}/intervals";

/** The market's time, ms; null: not heard yet. And the start of the interval that is delivered. */
export function useMarketTime() {
  const { interval_minutes } = useMarket();
  const nowMs = useClock()?.nowMs ?? null;
  const step = interval_minutes * 60_000;
  return { nowMs, startMs: nowMs === null ? null : Math.floor(nowMs / step) * step };
}

export function useUnits() {
  return useList("/v1/markets/{market}/units", { all: true });
}

export function useCover() {
  const collateral = useRead(COLLATERAL);
  const limits = useRead("/v1/markets/{market}/me/trading-limits");
  return { collateral, limits };
}

/** Today's prices where one lives, and the retailer's of this hour. */
export function useDayPrices(areaId: string | undefined) {
  const market = useMarket();
  const { startMs } = useMarketTime();
  const day = startMs === null ? undefined : localDate(startMs, market.time_zone);
  const prices = useList("/v1/markets/{market}/prices", {
    query: { day },
    all: true,
    when: day !== undefined,
    keep: true,
  });
  useNews("market", market.market_id, "/v1/markets/{market}/prices", INTERVALS);
  const hour = startMs === null ? 0 : local(startMs, market.time_zone).hour;
  return {
    ...dayPrices(prices.items, areaId ?? "", startMs ?? 0),
    retail: bandAt(market.last_resort, hour),
    state: prices.state,
  };
}

/** Reads again what an event of the person's own account has changed. */
export function useOwnNews() {
  const { session } = useSession();
  const whose = session?.participant_id ?? null;
  useNews(
    ...(["account", whose] as const),
    ...([ORDERS, TRADES, COLLATERAL, LISTINGS, CONTRACTS, INQUIRIES, QUOTES] as const),
  );
  return whose;
}

/** Intervals of the next day that may still be traded, earliest first. */
export function useOpenIntervals(hours = 24) {
  const market = useMarket();
  const { startMs } = useMarketTime();
  const from = startMs === null ? undefined : new Date(startMs).toISOString();
  const to = startMs === null ? undefined : new Date(startMs + hours * 3_600_000).toISOString();
  const found = useList(INTERVALS, {
    query: { from, to },
    all: true,
    when: startMs !== null,
    keep: true,
  });
  const items = found.items.filter(({ phase }) => TRADED.includes(phase));
  return { ...found, items, minutes: market.interval_minutes };
}

const TRADED: readonly string[] = ["call", "continuous", "volatility_call"];

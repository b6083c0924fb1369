// React's view of the feed: which market, its picture, and real time that ticks.

import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { browserSocket, type Outside } from "../stream/client";
import { Rest } from "../wire/rest";
import type { Market, MarketSummary } from "../wire/types";
import { Feed } from "./feed";

/** How soon the page asks again while there is no market or no server. */
const LOOK_AGAIN_MS = 3_000;

export type Choice =
  | { state: "asking" }
  | { state: "none" }
  | { state: "unreachable"; code: string }
  | { state: "chosen"; market: Market; markets: MarketSummary[] };

/** The market named in the address's hash, else the first. */
export function useMarket(rest: Rest): [Choice, (id: string) => void] {
  const [hash, setHash] = useState(() => location.hash);
  const [choice, setChoice] = useState<Choice>({ state: "asking" });
  useEffect(() => {
    const heed = () => setHash(location.hash);
    addEventListener("hashchange", heed);
    return () => removeEventListener("hashchange", heed);
  }, []);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    const again = (state: Choice) => {
      setChoice(state);
      timer = setTimeout(ask, LOOK_AGAIN_MS);
    };
    const ask = async () => {
      const markets = await rest.markets();
      if (over) return;
      if (!markets.ok) return again({ state: "unreachable", code: markets.code });
      const wanted = decodeURIComponent(hash.replace(/^#/, ""));
      const summary = markets.value.find((each) => each.market_id === wanted) ?? markets.value[0];
      if (!summary) return again({ state: "none" });
      const market = await rest.market(summary.market_id);
      if (over) return;
      if (!market.ok) return again({ state: "unreachable", code: market.code });
      setChoice({ state: "chosen", market: market.value, markets: markets.value });
    };
    void ask();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [rest, hash]);
  const choose = useCallback((id: string) => {
    location.hash = encodeURIComponent(id);
  }, []);
  return [choice, choose];
}

export function outsideOf(marketId: string): Outside {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const url = `${scheme}//${location.host}/v1/markets/${encodeURIComponent(marketId)}/stream`;
  return {
    connect: () => browserSocket(url),
    now: () => performance.now(),
    random: () => Math.random(),
    later: (act, ms) => setTimeout(act, ms),
    cancel: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
  };
}

export function useFeed(market: Market, rest: Rest): Feed {
  const feed = useMemo(() => new Feed(market, rest, outsideOf(market.market_id)), [market, rest]);
  useEffect(() => {
    feed.start();
    addEventListener("online", feed.hurry);
    return () => {
      removeEventListener("online", feed.hurry);
      feed.stop();
    };
  }, [feed]);
  return feed;
}

export function usePicture(feed: Feed) {
  return useSyncExternalStore(feed.subscribe, feed.look);
}

/** Real time (ms, monotonic), renewed every `everyMs`. */
export function useRealTime(everyMs: number): number {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

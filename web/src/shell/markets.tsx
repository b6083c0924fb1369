// Which market the pages are about: the person's own, else the one that was chosen, else the first.

import { useQuery } from "@tanstack/react-query";
import { createContext, use, useCallback, useMemo, useState, type ReactNode } from "react";
import { useSearchParams } from "react-router";
import { callAll, send, type Problem } from "../wire/client";
import { RefusedError } from "../wire/desk";
import type { Market, MarketSummary } from "../wire/types";
import { useSession } from "./session";

/** How soon the page asks again while there is no market or no server. */
const LOOK_AGAIN_MS = 3_000;
const STORED = "wattmarket.market";

export type MarketState =
  | { state: "asking" }
  | { state: "none" }
  | { state: "unreachable"; problem: Problem | null }
  | { state: "chosen"; market: Market };

interface Markets {
  choice: MarketState;
  /** Those one may choose from; one's own market alone, where one belongs to one. */
  markets: readonly MarketSummary[];
  choose(id: string): void;
}

const MarketsContext = createContext<Markets | null>(null);

export function MarketsProvider({ children }: { children: ReactNode }) {
  const { session } = useSession();
  const [search, setSearch] = useSearchParams();
  const [stored, store] = useState(() => localStorage.getItem(STORED));
  const list = useQuery({
    queryKey: ["/v1/markets", {}, undefined, "all"],
    queryFn: async ({ signal }) => {
      const answer = await callAll("/v1/markets", { signal });
      if (!answer.ok) throw new RefusedError(answer.problem);
      return answer.value;
    },
    retry: false,
    refetchInterval: ({ state }) => (state.data?.length ? false : LOOK_AGAIN_MS),
  });
  const own = session?.market_id ?? null;
  const markets = useMemo(
    () => (list.data ?? []).filter(({ market_id }) => own === null || market_id === own),
    [list.data, own],
  );
  const wanted = search.get("market") ?? stored;
  const id = (markets.find(({ market_id }) => market_id === wanted) ?? markets[0])?.market_id;
  const one = useQuery({
    queryKey: ["/v1/markets/{market}", { market: id }, undefined],
    enabled: id !== undefined,
    queryFn: async ({ signal }) => {
      const answer = await send<Market>("get", "/v1/markets/{market}", {
        params: { market: id },
        signal,
      });
      if (!answer.ok) throw new RefusedError(answer.problem);
      return answer.value;
    },
    retry: false,
    refetchInterval: ({ state }) => (state.data ? false : LOOK_AGAIN_MS),
  });
  const choose = useCallback(
    (next: string) => {
      localStorage.setItem(STORED, next);
      store(next);
      setSearch((before) => {
        before.set("market", next);
        return before;
      });
    },
    [setSearch],
  );
  const fault = list.error ?? one.error;
  const market = one.data;
  const none = list.data !== undefined && markets.length === 0;
  const choice = useMemo<MarketState>(() => {
    if (market) return { state: "chosen", market };
    if (fault) {
      return {
        state: "unreachable",
        problem: fault instanceof RefusedError ? fault.problem : null,
      };
    }
    return none ? { state: "none" } : { state: "asking" };
  }, [market, fault, none]);
  const state = useMemo(() => ({ choice, markets, choose }), [choice, markets, choose]);
  return <MarketsContext value={state}>{children}</MarketsContext>;
}

/** The choice of market, also while there is none. */
export function useMarkets(): Markets {
  const state = use(MarketsContext);
  if (state === null) throw new Error("useMarkets outside of an application");
  return state;
}

/** The market a screen is about. Screens are shown only once there is one. */
export function useMarket(): Market {
  const { choice } = useMarkets();
  if (choice.state !== "chosen") throw new Error("a screen without a market");
  return choice.market;
}

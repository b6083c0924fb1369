// Blocks and storages of the call an interval was cleared in.

import { useList, type Listing } from "../../../wire/queries";
import type { Market } from "../../../wire/types";
import { spanOf } from "../../place";
import type { Block, CallKind } from "../../wire";

/** Of an opening call they are asked for by the day's first interval. */
export function callStart(
  market: Market,
  day: string,
  call: CallKind,
  startMs: number | null,
): string {
  const from = Date.parse(market.trading_from);
  const midnight = Date.parse(spanOf(day, market.time_zone).from);
  const ms = call === "day_ahead" ? Math.max(midnight, from) : (startMs ?? from);
  return new Date(ms).toISOString();
}

export function useBlocks(
  market: Market,
  day: string,
  call: CallKind,
  startMs: number | null,
  when: boolean,
): Listing<Block> {
  const start = callStart(market, day, call, startMs);
  // Only opening calls take blocks and storages.
  const asked = when && market.day_ahead != null;
  return useList("/v1/markets/{market}/blocks", {
    query: { start, call },
    when: asked && call === "day_ahead",
    all: true,
  });
}

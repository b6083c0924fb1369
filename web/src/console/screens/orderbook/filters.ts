// What narrows the blotter down: at once where all orders are here, by the server where they are not.

import type { Order } from "../../../market/orders";
import type { Market } from "../../../wire/types";

export interface Wanted {
  /** Parts of an id; empty: any. */
  participant: string;
  unit: string;
  area: string | null;
  side: string | null;
  state: string | null;
}

export function fits(order: Order, { participant, unit, area, side, state }: Wanted): boolean {
  const has = (id: string, part: string) => id.toLowerCase().includes(part.toLowerCase());
  return (
    has(order.participant_id, participant) &&
    has(order.unit_id, unit) &&
    (area === null || order.area_id === area) &&
    (side === null || order.side === side) &&
    (state === null || order.state === state)
  );
}

/** What the server takes for an id; it is not asked for half of one with a blank in it. */
const ID = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/;
const id = (text: string) => (ID.test(text) ? text : undefined);

/** The same as a question to the server, which wants whole ids. */
export function queryOf({ participant, unit, area, side, state }: Wanted) {
  return {
    participant_id: id(participant),
    unit_id: id(unit),
    area_id: area ?? undefined,
    side: side ?? undefined,
    state: state ?? undefined,
  };
}

/** Start of the last interval whose gate has closed, UTC ms; the first one that is traded at least. */
export function lastGated(market: Market, nowMs: number): number {
  const step = market.interval_minutes * 60_000;
  const first = Date.parse(market.trading_from);
  const until = market.trading_until === null ? Infinity : Date.parse(market.trading_until);
  const gate = nowMs + market.gate_minutes * 60_000;
  const at = first + Math.floor((Math.min(gate, until - step) - first) / step) * step;
  return Math.max(first, at);
}

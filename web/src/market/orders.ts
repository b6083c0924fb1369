// Orders, trades and explanations as their addresses answer them (docs/wire.md).

import type { Page } from "../wire/client";

export type Side = "buy" | "sell";

export interface Order {
  order_id: string;
  client_order_id: string;
  kind: string;
  participant_id: string;
  unit_id: string;
  area_id: string;
  start: string;
  end: string;
  side: Side;
  price_per_mwh: string;
  energy_kwh: string;
  filled_kwh: string;
  /** Money held for it. */
  held: string;
  state: string;
  sequence: number;
  accepted_at: string;
  revision: number;
}

export interface Reason {
  code: string;
  parameters: Record<string, string | null>;
}

export interface Explanation {
  order_id: string | null;
  client_order_id: string;
  kind: string | null;
  state: string;
  reasons: Reason[];
}

export interface Trade {
  trade_id: string;
  match_id: string;
  order_id: string;
  participant_id: string;
  unit_id: string;
  area_id: string;
  start: string;
  end: string;
  side: Side;
  price_per_mwh: string;
  energy_kwh: string;
  amount: string;
  venue: string;
  state: string;
}

declare module "../wire/answers" {
  interface Answers {
    "GET /v1/markets/{market}/orders": Page<Order>;
    "GET /v1/markets/{market}/orders/{order_id}/explanation": Explanation;
    "GET /v1/markets/{market}/trades": Page<Trade>;
  }
}

// What the addresses of trading answer to a participant.

import type { Order, Side } from "../../../market/orders";
import type { Page, Schemas } from "../../../wire/client";
import type { BookInterval } from "../../../wire/types";

export type { Unit } from "../../../wire/units";

export type { Order, Reason, Side, Trade } from "../../../market/orders";
export type Price = Schemas["AreaPrice"];

export interface Rule {
  rule_id: string;
  client_rule_id: string;
  participant_id: string;
  unit_id: string;
  sell_min_per_mwh: string | null;
  buy_max_per_mwh: string | null;
  share_ppm: number;
  green_only: boolean;
  lapses_at_call: boolean;
  venue: Venue;
  since: string;
  withdrawn: boolean;
}

export type Venue = "call" | "continuous" | "listing";

export interface Forecast {
  unit_id: string;
  start: string;
  end: string;
  consumption_kwh: string;
  generation_kwh: string;
}

export interface Leg {
  start: string;
  end: string;
  energy_kwh: string;
}

export interface Offer {
  listing_id: string;
  area_id: string;
  side: Side;
  source: string;
  green: boolean;
  seller: string;
  price_per_mwh: string;
  minimum_kwh: string;
  green_only: boolean;
  neighbours_only: boolean;
  state: string;
  /** With what is left. */
  legs: Leg[];
  /** Its owner alone sees it. */
  unit_id?: string;
  client_listing_id?: string;
}

export interface Contract {
  contract_id: string;
  client_contract_id: string | null;
  participant_id: string;
  unit_id: string;
  area_id: string;
  counterparty_id: string;
  counterparty_unit_id: string;
  counterparty_area_id: string;
  side: Side;
  price_per_mwh: string;
  legs: Leg[];
  answer_by: string;
  registered_at: string;
  state: "proposed" | "confirmed" | "declined" | "withdrawn" | "expired";
}

export type OfferState = "open" | "accepted" | "lost" | "declined" | "withdrawn" | "expired";

export interface Inquiry {
  inquiry_id: string;
  area_id: string;
  start: string;
  end?: string;
  energy_kwh: string;
  green_only: boolean;
  answer_by: string;
  asked_at: string;
  state: OfferState;
  /** Who declined, to the buyer; to one who was asked: whether it did. */
  declined: string[] | boolean;
  /** The buyer alone sees these. */
  participant_id?: string;
  unit_id?: string;
  asked?: string[];
}

export interface Quote {
  quote_id: string;
  inquiry_id: string;
  participant_id: string;
  unit_id: string;
  area_id: string;
  start: string;
  price_per_mwh: string;
  energy_kwh: string;
  valid_until: string;
  given_at: string;
  state: OfferState;
}

export interface TradingLimits {
  order_value_max: string | null;
  exposure_max: string | null;
}

export interface Collateral {
  participant_id: string;
  balance: string;
  credit_limit: string;
  held: string;
  exposure_traded: string;
  exposure_open: string;
  unbilled_tax: string;
  available: string;
  margin: string;
  state: "covered" | "warned" | "called" | "reduce_only";
  call_id: string | null;
  call_amount: string | null;
  called_at: string | null;
  due_at: string | null;
}

export interface Depth {
  area: string;
  revision: number;
  checksum: number;
  intervals: BookInterval[];
}

declare module "../../../wire/answers" {
  interface Answers {
    "POST /v1/markets/{market}/orders:block": Order;
    "GET /v1/markets/{market}/standing-orders": Page<Rule>;
    "POST /v1/markets/{market}/standing-orders": Rule;
    "DELETE /v1/markets/{market}/standing-orders/{rule_id}": Rule;
    "GET /v1/markets/{market}/forecasts": Page<Forecast>;
    "POST /v1/markets/{market}/forecasts:batch": { count: number };
    "GET /v1/markets/{market}/listings": Page<Offer>;
    "POST /v1/markets/{market}/listings": Offer;
    "GET /v1/markets/{market}/contracts": Page<Contract>;
    "POST /v1/markets/{market}/contracts": Contract;
    "GET /v1/markets/{market}/inquiries": Page<Inquiry>;
    "POST /v1/markets/{market}/inquiries": Inquiry;
    "GET /v1/markets/{market}/quotes": Page<Quote>;
    "POST /v1/markets/{market}/inquiries/{inquiry_id}/quotes": Quote;
    "GET /v1/markets/{market}/me/trading-limits": TradingLimits;
    "GET /v1/markets/{market}/account/collateral": Collateral;
    "GET /v1/markets/{market}/depth": Depth;
  }
}

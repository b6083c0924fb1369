// What the addresses of trading answer to a participant.

import type { Schemas } from "../../../wire/client";

export type { Unit } from "../../../wire/units";

export type { Order, Reason, Side, Trade } from "../../../market/orders";
export type Price = Schemas["AreaPrice"];

export type Rule = Schemas["StandingRule"];

export type Venue = Rule["venue"];

export type Forecast = Schemas["Forecast"];

export type Leg = Schemas["Leg"];

export type Offer = Schemas["Listing"];

export type Contract = Schemas["Contract"];

export type OfferState = Schemas["QuoteState"];

export type Inquiry = Schemas["Inquiry"];

export type Quote = Schemas["Quote"];

export type TradingLimits = Schemas["TradingLimits"];

export type Collateral = Schemas["Collateral"];

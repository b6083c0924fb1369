// The shapes of docs/wire.md that the console reads. Numbers with a unit are decimal strings on the
// wire and stay strings here; only drawing turns them into numbers.

import type { Schemas } from "./client";

export const PHASES = [
  "scheduled",
  "call",
  "locked",
  "continuous",
  "volatility_call",
  "halt",
  "frozen",
  "delivery_lock",
  "settling",
  "settled",
] as const;
export type Phase = (typeof PHASES)[number];

/** Phases that stand beside an interval's own and hide it while they last. */
export const STOPS: readonly Phase[] = ["volatility_call", "halt", "frozen"];

export type AreaDefinition = Schemas["Area"];
export type LastResortBand = Schemas["LastResortBand"];
/** What the pages want to know of a market. */
export type Market = Pick<
  Schemas["Market"],
  | "market_id"
  | "name"
  | "currency"
  | "time_zone"
  | "interval_minutes"
  | "call_opens_minutes"
  | "trading_from"
  | "trading_until"
  | "gate_minutes"
  | "last_resort"
  | "areas"
  | "lines"
> & {
  /** Null: the market does not trade continuously. */
  continuous: Pick<Schemas["Continuous"], "opens_minutes"> | null;
  /** Null or not there: the market has no opening calls. */
  day_ahead?: Schemas["DayAhead"] | null;
};
export type MarketSummary = Pick<Market, "market_id" | "name">;

/** What the stream says of an area is less than what the list does. */
export type AreaResult = Pick<
  Schemas["AreaPrice"],
  | "area_id"
  | "price_per_mwh"
  | "connection_price_per_mwh"
  | "bought_kwh"
  | "sold_kwh"
  | "net_export_kwh"
>;
export type LineResult = Schemas["Flow"];
export type Direction = NonNullable<LineResult["binding"]>;

/** One delivery interval; what is not known yet is null. */
export type Interval = Omit<Schemas["Interval"], "end" | "gate_at" | "areas"> & {
  end: string | null;
  gate_at: string | null;
  areas: AreaResult[] | null;
};

/** [price_per_mwh, cumulative_kwh], in the order in which the curve is climbed. */
export type CurvePoint = AreaCurves["supply"][number];
export type AreaCurves = Schemas["AreaCurves"];
export type Curves = Schemas["Curves"];

/** A stop beside the road: interval and area (null: all of them), and the phase it means. */
export interface Stop {
  start: string | null;
  area: string | null;
  phase: Phase;
}

/** What stands at a price of continuous trading; 0.000: nothing any more. */
export interface BookLevel {
  side: "buy" | "sell";
  price_per_mwh: string;
  energy_kwh: string;
}

export interface BookInterval {
  start: string;
  phase: Phase;
  levels: BookLevel[];
}

export interface PublicTrade {
  trade_id: string;
  side: "buy" | "sell";
  price_per_mwh: string;
  energy_kwh: string;
  /** How it was made: call, continuous, listing, bilateral. */
  venue: string;
  /** What has become of it: completed, disputed, cancelled, not_cancelled. */
  state?: string;
  /** Present in a snapshot; in a delta it stands beside the items. */
  start?: string;
}

export type ServerHealth = Schemas["Health"];

export interface Envelope {
  type: "hello" | "snapshot" | "delta" | "heartbeat" | "resend" | "resync_required" | "error";
  channel: string | null;
  key: string | null;
  /** Only ever compared. */
  epoch: string | number;
  seq: number | null;
  ts: string;
  data: unknown;
}

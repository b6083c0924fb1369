// The shapes of docs/wire.md that the console reads. Numbers with a unit are decimal strings on the
// wire and stay strings here; only drawing turns them into numbers.

import type { Schemas } from "./client";
import type { components } from "./told";

type Told = components["schemas"];
/** What the server says over the stream. */
type Message = Told["Message"];
export type ChannelName = Extract<Message, { type: "snapshot" }>["channel"];
/** What is said on a channel: a snapshot at any time, and what changes, told apart by its `event`. */
export type MessageOf<C extends ChannelName> = Extract<Message, { channel: C }>;
/** Why a channel is not given to us. */
export type ChannelRefusal = Told["server.error"];

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

/** What the pages want to know of an area's result. */
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

export type Stop = Told["Place"];
export type BookLevel = Schemas["BookLevel"];
export type BookInterval = Schemas["BookInterval"];
export type PublicTrade = Told["PublicTrade"];
export type Notice = Told["Notice"];
export type UnitReport = Schemas["UnitReport"];
export type Setpoint = Schemas["Setpoint"];
export type Limit = Schemas["Limit"];

export type ServerHealth = Schemas["Health"];

/** A message before it is known what it is: as the connection reads it, orders it and hands it on. */
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

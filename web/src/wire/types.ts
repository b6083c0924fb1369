// The shapes of docs/wire.md that the console reads. Numbers with a unit are decimal strings on the
// wire and stay strings here; only drawing turns them into numbers.

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

export interface AreaDefinition {
  area_id: string;
  name: string;
  parent: string | null;
  import_limit_kw: string | null;
  export_limit_kw: string | null;
  holds_last_resort: boolean;
}

export interface LineDefinition {
  line_id: string;
  from_area: string;
  to_area: string;
  capacity_forward_kw: string;
  capacity_backward_kw: string;
  loss_ppm: number;
  fee_forward_per_mwh: string;
  fee_backward_per_mwh: string;
}

/** Local hours [from_hour, to_hour) in which the retailer of last resort asks and bids so much. */
export interface LastResortBand {
  from_hour: number;
  to_hour: number;
  ask_per_mwh: string;
  bid_per_mwh: string;
}

export interface Market {
  market_id: string;
  name: string;
  currency: string;
  time_zone: string;
  interval_minutes: number;
  trading_from: string;
  trading_until: string | null;
  gate_minutes: number;
  /** Null: the market does not trade continuously. */
  continuous: { opens_minutes: number } | null;
  /** Null or not there: the market has no opening calls. */
  day_ahead?: { opens_minutes: number; gate_minutes: number } | null;
  last_resort: LastResortBand[];
  areas: AreaDefinition[];
  lines: LineDefinition[];
}

export interface MarketSummary {
  market_id: string;
  name: string;
}

export interface AreaResult {
  area_id: string;
  price_per_mwh: string | null;
  connection_price_per_mwh: string | null;
  bought_kwh: string;
  sold_kwh: string;
  net_export_kwh: string;
}

export type Direction = "forward" | "backward";

export interface LineResult {
  line_id: string;
  from_area: string;
  to_area: string;
  sent_forward_kwh: string;
  received_forward_kwh: string;
  sent_backward_kwh: string;
  received_backward_kwh: string;
  capacity_forward_kwh: string;
  capacity_backward_kwh: string;
  binding: Direction | null;
}

/** One delivery interval; what is not known yet is null. */
export interface Interval {
  start: string;
  end: string | null;
  phase: Phase;
  gate_at: string | null;
  rung: string | null;
  welfare: string | null;
  upper_bound: string | null;
  trades: number | null;
  solve_ms: number | null;
  /** How many faults the auditor found, or the faults themselves. */
  audit_faults: number | string[] | null;
  receipt_hash: string | null;
  areas: AreaResult[] | null;
  lines: LineResult[] | null;
}

/** [price_per_mwh, cumulative_kwh], in the order in which the curve is climbed. */
export type CurvePoint = [string, string];

export interface AreaCurves {
  area_id: string;
  price_per_mwh: string | null;
  supply: CurvePoint[];
  demand: CurvePoint[];
}

export interface Curves {
  start: string;
  areas: AreaCurves[];
}

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

export interface ClockReading {
  now: string;
  speed: number;
  simulated: boolean;
  running: boolean;
}

export interface ServerHealth {
  status: string;
  version: string;
}

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

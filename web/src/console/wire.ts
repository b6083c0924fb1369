// What the addresses of calls, sessions and prices answer (docs/wire.md).

import type { Page, Schemas } from "../wire/client";
import type { Phase } from "../wire/types";

/** Which call of an interval: the opening one of its day, or the one that closes it. */
export type CallKind = "day_ahead" | "closing";

export type AreaPrice = Schemas["AreaPrice"];

export interface Member {
  participant_id: string;
  name: string;
  area_id: string;
  is_last_resort: boolean;
  voltage_level: string;
}

export interface Binding {
  start: string;
  /** One of the two is there: a line that was full, or an area's connection. */
  line_id: string | null;
  area_id: string | null;
  direction: "forward" | "backward" | "import" | "export";
}

/** A call that was cleared, as a whole. */
export interface ClearingRun {
  run_id: string;
  call: CallKind;
  start: string;
  end: string;
  intervals: number;
  rung: string;
  reproducible: boolean;
  welfare: string;
  upper_bound: string;
  gap: string;
  gap_ppm: number;
  solve_ms: number;
  receipt_hash: string;
  audit_faults: string[];
  binding: Binding[];
}

/** The closing session of an interval; what is not known yet is null. */
export interface Session {
  session: "closing";
  start: string;
  end: string;
  phase: Phase;
  opens_at: string;
  gate_at: string;
  ends_at: string;
  settles_at: string;
  rung: string | null;
  solve_ms: number | null;
  trades: number | null;
  receipt_hash: string | null;
  audit_faults: string[] | null;
}

export interface SessionStep {
  at: string;
  /** A step of the road, the phase of a stop, `decouple` or `couple`. */
  what: string;
  phase: Phase | null;
  area_id: string | null;
  until: string | null;
  reason: string | null;
  by: string[];
}

export interface SessionTimeline {
  session: CallKind;
  start: string;
  end: string;
  opens_at: string;
  gate_at: string;
  deadlines: { what: string; at: string }[];
  steps: SessionStep[];
  clearing: ClearingRun | null;
}

export type BlockStatus = "accepted" | "partly_accepted" | "rejected" | "paradoxically_rejected";

export interface Block {
  order_id: string;
  kind: string;
  participant_id: string;
  unit_id: string;
  area_id: string;
  start: string;
  end: string;
  side: "buy" | "sell";
  price_per_mwh: string;
  energy_kwh: string;
  traded_kwh: string;
  ratio_ppm: number;
  status: BlockStatus;
  /** Family `reason` of the words of codes. */
  reason: string;
  gain: string | null;
  missed_by_per_mwh: string | null;
}

declare module "../wire/answers" {
  interface Answers {
    "GET /v1/markets/{market}/participants": Page<Member>;
    "GET /v1/markets/{market}/clearing-runs": Page<ClearingRun>;
    "GET /v1/markets/{market}/clearing-runs/{run_id}": ClearingRun;
    "GET /v1/markets/{market}/sessions": Page<Session>;
    "GET /v1/markets/{market}/sessions/timeline": SessionTimeline;
    "GET /v1/markets/{market}/blocks": Page<Block>;
  }
}

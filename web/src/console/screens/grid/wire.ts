// What the addresses of grids, units and curtailment answer (docs/wire.md).

import type { Page } from "../../../wire/client";
import type { Severity } from "../../alarms";

export type UnitState =
  | "init"
  | "connecting"
  | "normal"
  | "stale"
  | "failsafe"
  | "recovery"
  | "tripped"
  | "locked"
  | "stopped";

/** A unit as it is now; powers in kW, injection positive. */
export interface UnitRow {
  unit_id: string;
  participant_id: string;
  area_id: string;
  kind: string;
  controllable: boolean;
  injection_max_kw: string;
  withdrawal_max_kw: string;
  state: UnitState | null;
  cause: string | null;
  connected: boolean | null;
  heard_at: string | null;
  sockets: number;
  /** What it follows, by its own word. */
  target_kw: string | null;
  power_kw: string | null;
  voltage_pu: string | null;
  setpoint_kw: string | null;
  setpoint_start: string | null;
  setpoint_until: string | null;
  setpoint_sequence: number | null;
  limit_injection_kw: string | null;
  limit_withdrawal_kw: string | null;
  limit_until: string | null;
  limit_reason: string | null;
  metered_kw: string | null;
  metered_start: string | null;
  silent: boolean;
  stopped: "stop" | "emergency_stop" | null;
  outage_until: string | null;
  alarms: number;
  severity: Severity | null;
}

export interface Bus {
  bus_id: string;
  rated_v: number;
  voltage_min_ppm: number;
  voltage_max_ppm: number;
  longitude_udeg: number | null;
  latitude_udeg: number | null;
}

export interface NetworkLine {
  line_id: string;
  from_bus: string;
  to_bus: string;
  length_mm: number;
  current_max_ma: number;
}

export interface Transformer {
  transformer_id: string;
  from_bus: string;
  to_bus: string;
  rated_va: number;
}

export interface Network {
  area_id: string;
  version: number;
  source_bus: string;
  buses: Bus[];
  lines: NetworkLine[];
  transformers: Transformer[];
  placements: { member_id: string; bus_id: string }[];
}

export interface PowerFlow {
  area_id: string;
  start: string;
  by: "schedule" | "readings";
  units: number;
  units_read: number;
  version: number;
  solved: boolean;
  loss_kw: string | null;
  source_kw: string | null;
  buses: { bus_id: string; voltage_pu: string | null }[];
  lines: { line_id: string; loading_pu: string | null; power_kw: string | null }[];
  transformers: { transformer_id: string; loading_pu: string | null; power_kw: string | null }[];
}

export interface GridPicture {
  solved: boolean;
  lowest_voltage_pu: string;
  lowest_bus: string;
  highest_voltage_pu: string;
  highest_bus: string;
  highest_loading_pu: string;
  loaded_element: string;
  violation_count: number;
}

export interface GridCheck {
  area_id: string;
  start: string;
  version: number;
  before: GridPicture;
  after: GridPicture | null;
  cured: boolean;
  by_rule: boolean;
  rung: string;
  at: string;
  redispatch: null | {
    changes: {
      unit_id: string;
      from_kw: string;
      to_kw: string;
      reason: string;
      element_id: string;
    }[];
    replacement_kw: string;
    weighed_cost: string;
  };
  metered: null | { version: number; outside_minutes: number; picture: GridPicture };
}

export interface Curtailment {
  unit_id: string;
  start: string;
  from: string;
  until: string;
  change_kw: string;
  energy_kwh: string;
  reason: string;
}

export const UNITS = "/v1/markets/{market}/units:overview";
export const CURTAILMENTS = "/v1/markets/{market}/curtailments";
export const CHECKS = "/v1/markets/{market}/grid-checks";

declare module "../../../wire/answers" {
  interface Answers {
    "GET /v1/markets/{market}/units:overview": Page<UnitRow>;
    "GET /v1/markets/{market}/networks": Page<Network>;
    "GET /v1/markets/{market}/power-flow": PowerFlow;
    "GET /v1/markets/{market}/grid-checks": Page<GridCheck>;
    "GET /v1/markets/{market}/curtailments": Page<Curtailment>;
  }
}

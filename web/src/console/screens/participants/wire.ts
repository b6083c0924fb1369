// What the addresses of participants answer (docs/wire.md).

import type { Client, Enrolment } from "../../../wire/clients";
import type {} from "../../../wire/units";
import type { Page } from "../../../wire/client";

export interface Participant {
  participant_id: string;
  name: string;
  area_id: string;
  is_last_resort: boolean;
  voltage_level: string;
  onboarding: "no_unit" | "no_access" | "invited" | "ready";
  clients: number;
  open_enrolments: number;
  suspended: boolean;
  stopped: boolean;
  sockets: number;
  device_sockets: number;
  units: number;
  units_heard: number;
  units_connected: number;
  balance: string;
  credit_limit: string;
  held: string;
  available: string;
  margin: string;
  collateral_state: "covered" | "warned" | "called" | "reduce_only";
  margin_call_due_at: string | null;
  order_value_max: string | null;
  exposure_max: string | null;
  open_orders: number;
}

/** The same records as a participant sees of its own. */
export type { Client, Enrolment };

/** What an operator may register; the last resort's own is the market's founder's business. */
export const UNIT_KINDS = [
  ...(["load", "solar", "storage", "heat_pump"] as const),
  ...(["ev_charger", "generator", "wind", "hydro"] as const),
] as const;
export type UnitKind = (typeof UNIT_KINDS)[number];

/** What a meter said of an interval. */
export interface MeterReading {
  unit_id: string;
  start: string;
  consumption_kwh: string;
  generation_kwh: string;
}

export interface MarginCall {
  call_id: string;
  participant_id: string;
  amount: string;
  called_at: string;
  due_at: string;
  state: "open" | "missed" | "met";
  missing: string | null;
  met_at: string | null;
}

export const OVERVIEW = "/v1/markets/{market}/participants:overview";
export const CLIENTS = "/v1/clients";
export const ENROLMENTS = "/v1/markets/{market}/enrolments";
export const UNITS = "/v1/markets/{market}/units";
export const READINGS = "/v1/markets/{market}/measurements";
export const GAPS = "/v1/markets/{market}/measurements:gaps";
export const CALLS = "/v1/markets/{market}/margin-calls";

declare module "../../../wire/answers" {
  interface Answers {
    "GET /v1/markets/{market}/participants:overview": Page<Participant>;
    "GET /v1/markets/{market}/margin-calls": Page<MarginCall>;
    "GET /v1/markets/{market}/measurements": Page<MeterReading>;
    "GET /v1/markets/{market}/measurements:gaps": Page<{ unit_id: string; start: string }>;
    "POST /v1/markets/{market}/clients:batch": {
      items: (Client & { client_secret: string })[];
    };
    "POST /v1/clients/{client_id}:rotate": Client & { client_secret: string };
    "PUT /v1/markets/{market}/participants/{participant_id}/credit-limit": {
      participant_id: string;
      limit: string;
      second_person_until: string | null;
    };
  }
}

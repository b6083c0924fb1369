// What the addresses of participants answer (docs/wire.md).

import type { Client } from "../../../wire/clients";
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
export type { Client };

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
export const CALLS = "/v1/markets/{market}/margin-calls";

declare module "../../../wire/answers" {
  interface Answers {
    "GET /v1/markets/{market}/participants:overview": Page<Participant>;
    "GET /v1/markets/{market}/margin-calls": Page<MarginCall>;
    "POST /v1/clients/{client_id}:rotate": Client & { client_secret: string };
    "PUT /v1/markets/{market}/participants/{participant_id}/credit-limit": {
      participant_id: string;
      limit: string;
      second_person_until: string | null;
    };
  }
}

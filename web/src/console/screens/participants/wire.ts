// What the addresses of participants answer (docs/wire.md).

import type { Client, Enrolment } from "../../../wire/clients";
import type {} from "../../../wire/units";
import type { Schemas } from "../../../wire/client";

export type Participant = Schemas["ParticipantNow"];

/** The same records as a participant sees of its own. */
export type { Client, Enrolment };

/** What an operator may register; the last resort's own is the market's founder's business. */
export const UNIT_KINDS = [
  ...(["load", "solar", "storage", "heat_pump"] as const),
  ...(["ev_charger", "generator", "wind", "hydro"] as const),
] as const;
export type UnitKind = (typeof UNIT_KINDS)[number];

/** What a meter said of an interval. */
export type MeterReading = Schemas["StoredReading"];

export type MarginCall = Schemas["MarginCall"];

export const OVERVIEW = "/v1/markets/{market}/participants:overview";
export const CLIENTS = "/v1/clients";
export const ENROLMENTS = "/v1/markets/{market}/enrolments";
export const UNITS = "/v1/markets/{market}/units";
export const READINGS = "/v1/markets/{market}/measurements";
export const GAPS = "/v1/markets/{market}/measurements:gaps";
export const CALLS = "/v1/markets/{market}/margin-calls";

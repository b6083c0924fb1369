// What can be stopped, narrowed and released, on whom, and what that does: pure.

import type { Page } from "../../../wire/client";
import type { Unit } from "../../../wire/units";

export type StopKind = "halt" | "kill";
export type Scope = "market" | "area" | "interval" | "participant" | "unit" | "client";

export interface Stop {
  kind: StopKind;
  scope: Scope;
  key: string;
  reason: string;
  since: string;
  by: "operator" | "participant";
}

/** A halt is of places and times, a kill also of members: a halted member could still be matched. */
export const SCOPES: Record<StopKind, readonly Scope[]> = {
  halt: ["market", "area", "interval"],
  kill: ["market", "area", "interval", "participant", "unit", "client"],
};

export type Level = "unit" | "area" | "market";
export const ACTS = [
  "stop",
  "start",
  "limit",
  "decouple",
  "couple",
  "consent",
  "emergency_stop",
] as const;
export type ActKind = (typeof ACTS)[number];

/** At which levels an act can be done. */
export const LEVELS: Record<ActKind, readonly Level[]> = {
  stop: ["unit", "area"],
  start: ["unit", "area"],
  limit: ["unit", "area"],
  decouple: ["area"],
  couple: ["area"],
  consent: ["area"],
  emergency_stop: ["unit", "area", "market"],
};

export interface Narrowing {
  act_id: string;
  kind: "stop" | "limit" | "emergency_stop";
  level: Level;
  member_id: string;
  from: string;
  until: string | null;
  withdrawal_max_kw: string | null;
  injection_max_kw: string | null;
  reason: string;
  by: string | null;
  of_area: string | null;
  since: string;
}

export interface Decoupled {
  area_id: string;
  reason: string;
  by: string | null;
  since: string;
}

export interface Proposal {
  act_id: string;
  kind: ActKind | "release";
  level: Level;
  member_id: string;
  reason: string;
  by: string[];
  second_person_until: string | null;
}

export interface Standing {
  narrowings: Narrowing[];
  decoupled: Decoupled[];
  proposals: Proposal[];
}

/** One row of everything that holds, whatever made it. */
export type Held = ({ what: "narrowing" } & Narrowing) | ({ what: "decoupled" } & Decoupled);

export function held({ narrowings, decoupled }: Standing): Held[] {
  return [
    ...narrowings.map((each) => ({ what: "narrowing" as const, ...each })),
    ...decoupled.map((each) => ({ what: "decoupled" as const, ...each })),
  ].sort((a, b) => Date.parse(b.since) - Date.parse(a.since));
}

/** The act that ends what holds. */
export function ending(row: Held): {
  kind: "start" | "release" | "couple";
  level: Level;
  member_id: string;
  limit_id: string | null;
} {
  if (row.what === "decoupled") {
    return { kind: "couple", level: "area", member_id: row.area_id, limit_id: null };
  }
  const { level, member_id } = row;
  if (row.kind === "stop") return { kind: "start", level, member_id, limit_id: null };
  return {
    kind: "release",
    level,
    member_id,
    limit_id: row.kind === "limit" ? row.act_id : null,
  };
}

/** Who is meant by a scope and its key; clients and intervals mean no units. */
export function unitsOf(units: readonly Unit[], scope: Scope, key: string): Unit[] {
  return units.filter(
    (unit) =>
      scope === "market" ||
      (scope === "area" && unit.area_id === key) ||
      (scope === "participant" && unit.participant_id === key) ||
      (scope === "unit" && unit.unit_id === key),
  );
}

export interface Recall {
  match_id: string;
  start: string;
  state: "disputed" | "cancelled" | "not_cancelled";
  since: string;
  reason: string;
  trade_ids: string[];
  asked_by: string[];
  asked_by_operator: boolean;
  proposal: null | { decision: "cancel" | "deny"; by: string; until: string };
}

interface Released {
  released: boolean;
  second_person_until: string | null;
}

interface Performed {
  act: Proposal | null;
  cancelled: number;
  setpoints: number;
}

declare module "../../../wire/answers" {
  interface Answers {
    "GET /v1/markets/{market}/stops": Page<Stop>;
    "POST /v1/markets/{market}/stops": { stopped: boolean; cancelled: number };
    "POST /v1/markets/{market}/stops:release": Released;
    "GET /v1/markets/{market}/acts:standing": Standing;
    "POST /v1/markets/{market}/acts": Performed;
    "POST /v1/markets/{market}/acts/{act_id}:approve": Performed;
    "GET /v1/markets/{market}/recalls": Page<Recall>;
    "POST /v1/markets/{market}/recalls:decide": {
      match_id: string;
      state: string;
      second_person_until: string | null;
    };
  }
}

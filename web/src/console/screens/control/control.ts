// What can be stopped, narrowed and released, on whom, and what that does: pure.

import type { Schemas } from "../../../wire/client";
import type { Unit } from "../../../wire/units";

export type StopKind = Schemas["StopKind"];
export type Scope = Schemas["StopScope"];

export type Stop = Schemas["Stop"];

/** A halt is of places and times, a kill also of members: a halted member could still be matched. */
export const SCOPES: Record<StopKind, readonly Scope[]> = {
  halt: ["market", "area", "interval"],
  kill: ["market", "area", "interval", "participant", "unit", "client"],
};

export type Level = Schemas["ControlLevel"];
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

export type Narrowing = Schemas["Narrowing"];

export type Decoupled = Schemas["Decoupling"];

export type Standing = Schemas["StandingActs"];

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

export type Recall = Schemas["Recall"];

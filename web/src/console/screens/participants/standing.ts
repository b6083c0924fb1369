// How participants stand: what is wrong with one, and with how many.

import type { Tone } from "../../../parts/text/State";
import type { Participant } from "./wire";

/** The worst first: what is said of a participant is the first of these that applies. */
export const STANDINGS = [
  "suspended",
  "reduce_only",
  "called",
  "stopped",
  "no_access",
  "no_unit",
  "invited",
  "warned",
  "ready",
] as const;
export type Standing = (typeof STANDINGS)[number];

export function standingOf(each: Participant): Standing {
  const holds: Partial<Record<Standing, boolean>> = {
    suspended: each.suspended,
    stopped: each.stopped,
    [each.onboarding]: true,
    ...(each.collateral_state === "covered" ? {} : { [each.collateral_state]: true }),
  };
  return STANDINGS.find((standing) => holds[standing]) ?? "ready";
}

export const TONES: Record<Standing, Tone> = {
  suspended: "bad",
  reduce_only: "bad",
  called: "bad",
  stopped: "warning",
  no_access: "warning",
  no_unit: "warning",
  invited: "accent",
  warned: "warning",
  ready: "good",
};

export type Connection = "whole" | "part" | "silent" | "none";

/** Whether its units are heard; `none`: it has none. */
export function connectionOf({ units, units_heard }: Participant): Connection {
  if (units === 0) return "none";
  if (units_heard === 0) return "silent";
  return units_heard < units ? "part" : "whole";
}

export interface Counts {
  suspended: number;
  called: number;
  joining: number;
  online: number;
}

export function countsOf(all: readonly Participant[]): Counts {
  const count = (is: (each: Participant) => boolean) => all.filter(is).length;
  return {
    suspended: count(({ suspended }) => suspended),
    called: count(({ collateral_state }) => ["called", "reduce_only"].includes(collateral_state)),
    joining: count(({ onboarding }) => onboarding !== "ready"),
    online: count(({ sockets, device_sockets }) => sockets + device_sockets > 0),
  };
}

// The audit trail as its address tells it, and what is asked of it.

import type { Schemas } from "../../../wire/client";
import type { Tone } from "../../../parts/text/State";

/** A command, what came of it, and its place in the chain. */
export type Entry = Schemas["AuditEntry"];

/** What one look at up to 1,000 batches of the chain has found. */
export type Proof = Schemas["AuditProof"];

export const RESULT_TONES: Readonly<Record<Entry["result"], Tone>> = {
  accepted: "good",
  partly: "warning",
  refused: "bad",
  no_change: "unknown",
};

export interface Wanted {
  actor: string;
  kind: string;
  object: string;
  /** The number of one command. */
  seq: string;
  /** ISO text; empty: not bounded. */
  from: string;
  to: string;
}

export const NOTHING_WANTED: Wanted = {
  ...{ actor: "", kind: "", object: "" },
  ...{ seq: "", from: "", to: "" },
};

/** What is asked of the server; without a wish the last hour, which is what one looks for at first. */
export function queryOf(wanted: Wanted, nowMs: number) {
  const found = Object.fromEntries(
    Object.entries(wanted)
      .map(([name, value]) => [name, value.trim()] as const)
      .filter(([, value]) => value !== ""),
  ) as Partial<Wanted>;
  if (Object.keys(found).length === 0) return { from: new Date(nowMs - 3_600_000).toISOString() };
  const { seq, ...rest } = found;
  return seq === undefined ? rest : { ...rest, from_seq: seq, to_seq: seq };
}

/** The last fact of a command; null: it has none. */
export function lastFact({ first_event_seq, events }: Entry): number | null {
  if (first_event_seq === null) return null;
  return first_event_seq + Object.values(events).reduce((sum, count) => sum + count, 0) - 1;
}

/** How far a proof has come, over all looks so far. */
export interface Proven {
  batch: number;
  commands: number;
  events: number;
  hash: string | null;
  state: "going" | "proven" | "broken";
  fault: string | null;
}

export const UNPROVEN: Proven = {
  ...{ batch: 0, commands: 0, events: 0, hash: null, state: "going", fault: null },
};

export function proceed(before: Proven, proof: Proof): Proven {
  return {
    batch: proof.last_batch,
    commands: before.commands + proof.commands,
    events: before.events + proof.events,
    hash: proof.hash ?? before.hash,
    state: !proof.proven ? "broken" : proof.next_after_batch === null ? "proven" : "going",
    fault: proof.fault,
  };
}

// What an approval changes, as rows a person can compare: now, and after the second word.
//
// The one idea: what is the same before and after is a fact about the matter; what differs is the change.
// Acts on the grid tell their two sides in different words, so for them what will hold is worked out.

import type { Approval } from "../../approvals";

/** One side of a row; null: there is none. */
export type Side = string | boolean | null | readonly Entry[];

/** An entry of a list: a limit that holds, a line of a bill. */
export type Entry = Readonly<Record<string, unknown>>;

export interface Change {
  field: string;
  before: Side;
  after: Side;
}

export interface Fact {
  field: string;
  value: Side;
}

export interface Matter {
  changes: Change[];
  facts: Fact[];
}

/** The change, and what it is about. */
export function matterOf(approval: Approval): Matter {
  const { kind, before, after } = approval;
  if (kind === "act") return actOf(before, after);
  if (kind === "release_stop") {
    const { reason, since, start } = before;
    return {
      changes: [{ field: "standing", before: "in_force", after: "ended" }],
      facts: factsOf({ stopped_because: reason, since, start }),
    };
  }
  if (kind === "cover_default") {
    return {
      changes: [{ field: "covered", before: false, after: true }],
      facts: factsOf(before),
    };
  }
  if (kind === "case_credit") {
    const { lines, ...rest } = after;
    return compared(before, { ...rest, credited_lines: lines });
  }
  if (kind === "payment_assign" || kind === "payment_return") {
    const { decision, bank_fee: _said, ...rest } = after;
    return compared(before, { ...rest, state: decided(decision) });
  }
  return compared(before, after);
}

/** What a movement on the bank account becomes. */
const decided = (decision: unknown) =>
  decision === "return" ? "returned" : `to_${text(decision)}`;

/** What both say alike, or only `before` says, are facts; what `after` says otherwise is the change. */
function compared(before: Entry, after: Entry): Matter {
  const changes: Change[] = [];
  const facts: Fact[] = [];
  for (const field of Object.keys(before)) {
    const [was, will] = [side(before[field]), side(after[field])];
    if (field in after && was !== will) changes.push({ field, before: was, after: will });
    else if (was !== null) facts.push({ field, value: was });
  }
  for (const field of Object.keys(after)) {
    if (field in before) continue;
    const will = side(after[field]);
    if (will !== null) changes.push({ field, before: null, after: will });
  }
  return { changes, facts };
}

function factsOf(entry: Entry): Fact[] {
  return Object.entries(entry)
    .map(([field, value]) => ({ field, value: side(value) }))
    .filter(({ value }) => value !== null);
}

/** Acts: which narrowings hold, and which will. */
function actOf(before: Entry, after: Entry): Matter {
  const held = list(before.narrowings);
  const kind = text(after.kind);
  const changes: Change[] = [];
  const ends = (each: Entry) =>
    kind === "start"
      ? each.kind === "stop"
      : kind === "release" &&
        (after.limit_id === null ? each.kind === "emergency_stop" : each.act_id === after.limit_id);
  const begins = ["stop", "limit", "emergency_stop"].includes(kind) ? [after] : [];
  const left = [...held.filter((each) => !ends(each)), ...begins];
  if (begins.length > 0 || left.length < held.length) {
    changes.push({ field: "narrowings", before: held, after: left });
  }
  if (kind === "couple" || kind === "decouple") {
    changes.push({
      field: "decoupled",
      before: before.decoupled === true,
      after: kind === "decouple",
    });
  }
  if (kind === "consent") changes.push({ field: "move", before: "blocked", after: "let_through" });
  // A start of what is locked: the market narrows nothing, the unit itself stays off.
  if (changes.length === 0) changes.push({ field: "unit", before: "off", after: "may_run" });
  return { changes, facts: factsOf({ member_id: after.member_id, level: after.level }) };
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const list = (value: unknown): Entry[] => (Array.isArray(value) ? (value as Entry[]) : []);

function side(value: unknown): Side {
  if (value === undefined || value === null) return null;
  if (typeof value === "boolean") return value;
  if (Array.isArray(value)) {
    const plain = value.every((each) => typeof each !== "object");
    return plain ? value.join(", ") : (value as Entry[]);
  }
  return String(value);
}

/** How a field's value is shown. */
export type Manner = "money" | "power" | "moment" | "code" | "plain";

const MONEY = ["amount", "limit", "held_amount", "credited_amount", "balance", "tax_amount"];
const MOMENTS = ["since", "start", "from", "until"];
const CODES = ["standing", "state", "kind", "level", "move", "unit", "outcome"];

export function mannerOf(field: string): Manner {
  if (MONEY.includes(field)) return "money";
  if (MOMENTS.includes(field)) return "moment";
  if (CODES.includes(field)) return "code";
  return field.endsWith("_kw") ? "power" : "plain";
}

/** Whether time is running out: less than a third of the quarter of an hour that a proposal has. */
export const isPressing = (leftMs: number): boolean => leftMs < 5 * 60_000;

export interface Queue {
  /** What the person can agree to. */
  others: Approval[];
  /** What the person has proposed. */
  own: Approval[];
}

/** What is still alive at `nowMs`; null: market time is not known. */
export function queueOf(all: readonly Approval[], nowMs: number | null): Queue {
  const alive = all.filter(({ until }) => nowMs === null || Date.parse(until) >= nowMs);
  return {
    others: alive.filter(({ own }) => !own),
    own: alive.filter(({ own }) => own),
  };
}

// Keeps the messages of one (channel, key) in their gap-free order.
//
// The one idea: a pure step from what is applied and the next message to what may be delivered now
// and what has to be asked for. Only `seq` + 1 of the same epoch is ever delivered; a message that
// stands for several (a book whose reader lagged: `since`) counts from the first of them.

import type { Envelope } from "../wire/types";

/** Messages kept behind a gap; beyond this a fresh snapshot is cheaper than the repair. */
export const WAITING_MAX = 500;

export interface Track {
  /** Null: no snapshot yet. */
  epoch: Envelope["epoch"] | null;
  /** Last seq delivered. */
  applied: number;
  /** Messages beyond the gap, by seq. */
  waiting: ReadonlyMap<number, Envelope>;
  /** Asked to be sent again, inclusive; null: nothing missing. */
  asked: { from: number; to: number } | null;
}

export type Ask = { kind: "resend"; from: number; to: number } | { kind: "snapshot" } | null;

export interface Step {
  track: Track;
  deliver: Envelope[];
  ask: Ask;
}

export const UNSEEN: Track = { epoch: null, applied: -1, waiting: new Map(), asked: null };

/** Takes in one snapshot, delta or resent delta. */
export function take(track: Track, message: Envelope): Step {
  const seq = message.seq;
  if (seq === null) return { track, deliver: [], ask: null };
  if (message.type === "snapshot") {
    const fresh: Track = { epoch: message.epoch, applied: seq, waiting: new Map(), asked: null };
    return { track: fresh, deliver: [message], ask: null };
  }
  // Before the first snapshot there is nothing a delta could be applied to.
  if (track.epoch === null) return { track, deliver: [], ask: null };
  if (message.epoch !== track.epoch)
    return { track: UNSEEN, deliver: [], ask: { kind: "snapshot" } };
  if (seq <= track.applied) return { track, deliver: [], ask: null };

  const waiting = new Map(track.waiting).set(seq, message);
  const deliver: Envelope[] = [];
  let applied = track.applied;
  for (let next = following(waiting, applied); next; next = following(waiting, applied)) {
    deliver.push(next);
    applied = next.seq ?? applied;
    for (const each of waiting.keys()) if (each <= applied) waiting.delete(each);
  }
  if (waiting.size === 0) {
    const asked = track.asked && applied < track.asked.to ? track.asked : null;
    return { track: { ...track, applied, waiting, asked }, deliver, ask: null };
  }
  if (waiting.size > WAITING_MAX) return { track: UNSEEN, deliver, ask: { kind: "snapshot" } };
  return { ...missing({ ...track, applied, waiting }, firstOf(waiting) - 1), deliver };
}

/** The number from which on a message stands for what was told. */
function sinceOf(message: Envelope): number {
  const since = (message.data as { since?: unknown } | null)?.since;
  return typeof since === "number" ? since : (message.seq ?? 0);
}

const firstOf = (waiting: Track["waiting"]) => Math.min(...[...waiting.values()].map(sinceOf));

function following(waiting: Track["waiting"], applied: number): Envelope | undefined {
  const next = waiting.get(applied + 1);
  return next ?? [...waiting.values()].find((each) => sinceOf(each) <= applied + 1);
}

/** Compares with the last seq the server has sent, as its heartbeat says. */
export function compare(track: Track, epoch: Envelope["epoch"], serverSeq: number): Step {
  if (track.epoch === null) return { track, deliver: [], ask: null };
  if (epoch !== track.epoch) return { track: UNSEEN, deliver: [], ask: { kind: "snapshot" } };
  if (serverSeq <= track.applied) return { track, deliver: [], ask: null };
  // Asked a whole heartbeat ago and still missing: the server no longer has it.
  if (track.asked) return { track: UNSEEN, deliver: [], ask: { kind: "snapshot" } };
  const lowest = track.waiting.size > 0 ? firstOf(track.waiting) - 1 : serverSeq;
  return { ...missing(track, lowest), deliver: [] };
}

function missing(track: Track, to: number): { track: Track; ask: Ask } {
  const from = track.applied + 1;
  if (track.asked && track.asked.to >= to) return { track, ask: null };
  return { track: { ...track, asked: { from, to } }, ask: { kind: "resend", from, to } };
}

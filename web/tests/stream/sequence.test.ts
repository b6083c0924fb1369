import { describe, expect, it } from "vitest";
import { UNSEEN, WAITING_MAX, compare, take, type Track } from "../../src/stream/sequence";
import type { Envelope } from "../../src/wire/types";
import { message } from "../wire";

/** Plays messages; gives the seqs delivered and what was asked for. */
function play(messages: Envelope[], from: Track = UNSEEN) {
  let track = from;
  const delivered: number[] = [];
  const asked: unknown[] = [];
  for (const each of messages) {
    const step = take(track, each);
    track = step.track;
    delivered.push(...step.deliver.map(({ seq }) => seq ?? -1));
    if (step.ask) asked.push(step.ask);
  }
  return { track, delivered, asked };
}

const snapshot = (seq: number) => message("snapshot", seq);
const delta = (seq: number) => message("delta", seq);
const again = (seq: number) => message("resend", seq);

describe("one channel's order", () => {
  it("delivers the snapshot at N and then N+1, N+2", () => {
    const { delivered, asked } = play([snapshot(7), delta(8), delta(9)]);
    expect(delivered).toEqual([7, 8, 9]);
    expect(asked).toEqual([]);
  });

  it("applies nothing before the snapshot", () => {
    expect(play([delta(6), delta(7), snapshot(7), delta(8)]).delivered).toEqual([7, 8]);
  });

  it("ignores what it has already applied", () => {
    const { delivered, asked, track } = play([snapshot(3), delta(4), delta(4), delta(2)]);
    expect(delivered).toEqual([3, 4]);
    expect(asked).toEqual([]);
    expect(track.waiting.size).toBe(0);
  });

  it("asks once for the missing ones, holds back what came after and delivers all in order", () => {
    const { delivered, asked, track } = play([
      snapshot(1),
      delta(2),
      delta(5),
      delta(6),
      again(3),
      again(4),
    ]);
    expect(asked).toEqual([{ kind: "resend", from: 3, to: 4 }]);
    expect(delivered).toEqual([1, 2, 3, 4, 5, 6]);
    expect(track.waiting.size).toBe(0);
    expect(track.asked).toBeNull();
  });

  it("takes one message for all that it stands for, as a book's reader that lagged is sent", () => {
    const conflated = (since: number, seq: number) => message("delta", seq, { since });
    const { delivered, asked, track } = play([snapshot(1), conflated(2, 6), delta(7)]);
    expect(delivered).toEqual([1, 6, 7]);
    expect(asked).toEqual([]);
    const behind = play([snapshot(1), conflated(4, 6), again(2), again(3)]);
    expect(behind.asked).toEqual([{ kind: "resend", from: 2, to: 3 }]);
    expect(behind.delivered).toEqual([1, 2, 3, 6]);
    expect(track.waiting.size).toBe(0);
  });

  it("asks again when a second gap opens behind the first", () => {
    const { asked, delivered } = play([
      snapshot(1),
      delta(3),
      delta(5),
      again(2),
      again(4),
      delta(6),
    ]);
    expect(asked).toEqual([
      { kind: "resend", from: 2, to: 2 },
      { kind: "resend", from: 4, to: 4 },
    ]);
    expect(delivered).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("starts over when the epoch changes without a snapshot", () => {
    const { asked, track, delivered } = play([snapshot(9), { ...delta(1), epoch: 2 }]);
    expect(asked).toEqual([{ kind: "snapshot" }]);
    expect(track).toEqual(UNSEEN);
    expect(delivered).toEqual([9]);
  });

  it("takes the first snapshot of a new epoch, even with a lower seq", () => {
    const { delivered } = play([
      snapshot(9),
      { ...snapshot(2), epoch: 2 },
      { ...delta(3), epoch: 2 },
    ]);
    expect(delivered).toEqual([9, 2, 3]);
  });

  it("gives up the repair for a snapshot when too much waits behind the gap", () => {
    const late = Array.from({ length: WAITING_MAX + 1 }, (_, n) => delta(3 + n));
    const { asked } = play([snapshot(1), ...late]);
    expect(asked.at(-1)).toEqual({ kind: "snapshot" });
  });

  it("delivers in order and without loss whatever was lost or doubled, once all are resent", () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const chance = shuffled(seed);
      const sent = Array.from({ length: 60 }, (_, n) => delta(n + 1)).filter(() => chance() > 0.3);
      const repaired = Array.from({ length: 60 }, (_, n) => again(n + 1));
      const { delivered } = play([snapshot(0), ...sent, ...repaired]);
      expect(delivered).toEqual(Array.from({ length: 61 }, (_, n) => n));
    }
  });
});

describe("comparing with a heartbeat", () => {
  it("is content when nothing is missing", () => {
    const { track } = play([snapshot(4), delta(5)]);
    expect(compare(track, 1, 5).ask).toBeNull();
  });

  it("asks for a lost tail that no later message would reveal", () => {
    const { track } = play([snapshot(4)]);
    const step = compare(track, 1, 6);
    expect(step.ask).toEqual({ kind: "resend", from: 5, to: 6 });
  });

  it("wants a snapshot when the answer has not come by the next heartbeat", () => {
    const { track } = play([snapshot(4)]);
    const step = compare(compare(track, 1, 6).track, 1, 6);
    expect(step.ask).toEqual({ kind: "snapshot" });
  });

  it("wants a snapshot when the epoch has changed", () => {
    const { track } = play([snapshot(4)]);
    expect(compare(track, 2, 4).ask).toEqual({ kind: "snapshot" });
  });
});

function shuffled(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

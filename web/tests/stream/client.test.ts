import { beforeEach, describe, expect, it } from "vitest";
import {
  STALE_AFTER_MS,
  StreamClient,
  type Connection,
  type Outside,
  type Socket,
} from "../../src/stream/client";
import type { Envelope } from "../../src/wire/types";
import { message } from "../wire";

/** Virtual time, sockets that do nothing by themselves, and no chance at all. */
class World implements Outside {
  time = 1_000;
  sockets: FakeSocket[] = [];
  chance = 0;
  private timers: { at: number; act: () => void; id: number }[] = [];
  private ids = 0;

  connect(): Socket {
    const socket = new FakeSocket();
    this.sockets.push(socket);
    return socket;
  }
  now = () => this.time;
  random = () => this.chance;
  later(act: () => void, ms: number) {
    this.ids += 1;
    this.timers.push({ at: this.time + ms, act, id: this.ids });
    return this.ids;
  }
  cancel(id: unknown) {
    this.timers = this.timers.filter((each) => each.id !== id);
  }
  pass(ms: number) {
    const until = this.time + ms;
    for (;;) {
      const next = this.timers
        .filter(({ at }) => at <= until)
        .sort((a, b) => a.at - b.at || a.id - b.id)[0];
      if (!next) break;
      this.time = next.at;
      this.cancel(next.id);
      next.act();
    }
    this.time = until;
  }
}

class FakeSocket implements Socket {
  said: Record<string, unknown>[] = [];
  closed: number | null = null;
  onopen: (() => void) | null = null;
  onmessage: ((text: string) => void) | null = null;
  onclose: ((code: number) => void) | null = null;
  send(text: string) {
    this.said.push(JSON.parse(text) as Record<string, unknown>);
  }
  close(code?: number) {
    this.closed = code ?? 1000;
  }
  hears(envelope: Partial<Envelope>) {
    this.onmessage?.(JSON.stringify(envelope));
  }
}

const HELLO = { ...message("hello", null, { heartbeat_s: 5 }), channel: null, key: null };
const heartbeat = (seq: number): Envelope => ({
  ...message("heartbeat", null, { seqs: { "market.village": seq } }),
  channel: null,
  key: null,
});

let world: World;
let heard: Envelope[];
let states: Connection[];
let client: StreamClient;

beforeEach(() => {
  world = new World();
  heard = [];
  states = [];
  client = new StreamClient([{ channel: "market", key: "village" }], world, {
    message: (each) => heard.push(each),
    connection: (each) => states.push(each),
  });
});

const state = () => states.at(-1);
const socket = () => {
  const last = world.sockets.at(-1);
  if (!last) throw new Error("no socket yet");
  return last;
};
const seqs = () => heard.filter((each) => each.seq !== null).map((each) => each.seq);

function live() {
  client.start();
  socket().onopen?.();
  socket().hears(HELLO);
  socket().hears(message("snapshot", 4));
}

describe("the stream's client", () => {
  it("authenticates without a token first, then subscribes", () => {
    client.start();
    expect(state()?.status).toBe("connecting");
    socket().onopen?.();
    expect(socket().said).toEqual([
      { type: "authenticate", token: null },
      { type: "subscribe", channel: "market", key: "village" },
    ]);
    socket().hears(HELLO);
    expect(state()?.status).toBe("live");
  });

  it("asks for a gap to be sent again and delivers in order", () => {
    live();
    socket().hears(message("delta", 6));
    expect(socket().said.at(-1)).toEqual({
      type: "resend",
      channel: "market",
      key: "village",
      from: 5,
      to: 5,
    });
    expect(seqs()).toEqual([4]);
    socket().hears(message("resend", 5));
    expect(seqs()).toEqual([4, 5, 6]);
    expect(state()?.repairs).toBe(1);
  });

  it("subscribes anew when the server no longer holds what is missing", () => {
    live();
    socket().hears(message("delta", 9));
    socket().hears(message("resync_required", 9, { expected: 5, current: 9, reason: "not_held" }));
    expect(socket().said.at(-1)).toEqual({
      type: "subscribe",
      channel: "market",
      key: "village",
    });
    socket().hears(message("snapshot", 9));
    socket().hears(message("delta", 10));
    expect(seqs()).toEqual([4, 9, 10]);
  });

  it("counts what it is behind as the heartbeat says, and asks for it", () => {
    live();
    socket().hears(heartbeat(7));
    expect(state()?.behind).toBe(3);
    expect(socket().said.at(-1)).toMatchObject({ type: "resend", from: 5, to: 7 });
    for (const seq of [5, 6, 7]) socket().hears(message("resend", seq));
    socket().hears(heartbeat(7));
    expect(state()?.behind).toBe(0);
  });

  it("sends heartbeats while it is live", () => {
    live();
    world.pass(5_000);
    expect(socket().said.at(-1)).toEqual({ type: "heartbeat" });
  });

  it("calls the data stale after three missed heartbeats and connects anew", () => {
    live();
    const first = socket();
    world.pass(STALE_AFTER_MS);
    expect(states.some(({ status }) => status === "stale")).toBe(true);
    expect(first.closed).toBe(4000);
    expect(state()?.status).toBe("waiting");
    world.pass(1_000);
    expect(world.sockets).toHaveLength(2);
  });

  it("stays connected as long as heartbeats come", () => {
    live();
    for (let n = 0; n < 20; n += 1) {
      world.pass(5_000);
      socket().hears(heartbeat(4));
    }
    expect(world.sockets).toHaveLength(1);
    expect(state()?.status).toBe("live");
  });

  it("waits longer after each failed attempt, up to 20 s, and again briefly after a good one", () => {
    client.start();
    const waits: number[] = [];
    for (let n = 0; n < 8; n += 1) {
      socket().onclose?.(1006);
      const wait = (state()?.retryMs ?? 0) - world.time;
      waits.push(wait);
      world.pass(wait);
    }
    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
    socket().onopen?.();
    socket().hears(HELLO);
    world.pass(9_000);
    socket().hears(heartbeat(4));
    world.pass(2_000);
    socket().onclose?.(1006);
    expect((state()?.retryMs ?? 0) - world.time).toBe(250);
  });

  it("counts a lost connection once, not each attempt to get it back", () => {
    live();
    socket().onclose?.(1006);
    for (let n = 0; n < 3; n += 1) {
      world.pass((state()?.retryMs ?? 0) - world.time);
      socket().onclose?.(1006);
    }
    expect(state()?.reconnects).toBe(1);
  });

  it("spreads the attempts by chance", () => {
    world.chance = 0.999;
    client.start();
    socket().onclose?.(1006);
    const wait = (state()?.retryMs ?? 0) - world.time;
    expect(wait).toBeGreaterThan(490);
    expect(wait).toBeLessThanOrEqual(500);
  });

  it("does not hammer a server that refuses it", () => {
    client.start();
    socket().onclose?.(4009);
    expect((state()?.retryMs ?? 0) - world.time).toBe(30_000);
  });

  it("comes back soon after it was let go as a slow reader, with a fresh snapshot", () => {
    live();
    const slow = { ...message("resync_required", null, { reason: "slow_reader" }) };
    socket().hears({ ...slow, channel: null, key: null });
    socket().onclose?.(4008);
    world.pass(1_000);
    socket().onopen?.();
    socket().hears(HELLO);
    socket().hears({ ...message("snapshot", 1), epoch: 2 });
    socket().hears({ ...message("delta", 2), epoch: 2 });
    expect(seqs()).toEqual([4, 1, 2]);
    expect(state()?.reconnects).toBe(1);
  });

  it("tries at once when the browser is back online", () => {
    client.start();
    socket().onclose?.(4009);
    client.hurry();
    expect(world.sockets).toHaveLength(2);
    socket().hears(HELLO);
    for (let n = 0; n < 10; n += 1) {
      world.pass(5_000);
      socket().hears(heartbeat(4));
    }
    // The attempt that was planned before is not made on top.
    expect(world.sockets).toHaveLength(2);
  });

  it("does not listen to nonsense", () => {
    live();
    for (const text of ["", "{", "null", "[]", '"x"', '{"type":7}']) socket().onmessage?.(text);
    expect(seqs()).toEqual([4]);
    expect(state()?.status).toBe("live");
  });

  it("stops for good", () => {
    live();
    client.stop();
    expect(socket().closed).toBe(1000);
    world.pass(120_000);
    expect(world.sockets).toHaveLength(1);
  });
});

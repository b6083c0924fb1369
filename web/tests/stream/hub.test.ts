// One connection for many: who hears what, and what a new connection shows.

import { beforeEach, describe, expect, it } from "vitest";
import type { Outside, Socket, Ticket } from "../../src/stream/client";
import { Hub } from "../../src/stream/hub";
import type { Envelope } from "../../src/wire/types";
import { message, on } from "../wire";

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
}

let sockets: FakeSocket[];
let timers: { act: () => void; ms: number }[];
let ticket: Ticket;
let hub: Hub;

const outside: Outside = {
  connect: () => {
    sockets.push(new FakeSocket());
    return latest();
  },
  ticket: () => Promise.resolve(ticket),
  now: () => 1_000,
  random: () => 0,
  later: (act, ms) => timers.push({ act, ms }),
  cancel: (timer) => {
    if (typeof timer === "number") timers[timer - 1] = { act: () => {}, ms: Infinity };
  },
};
const latest = () => sockets.at(-1) as FakeSocket;
const settled = () => new Promise((done) => setTimeout(done));
const hears = (envelope: Envelope) => latest().onmessage?.(JSON.stringify(envelope));
const HELLO: Envelope = {
  ...message("hello", null, { now: "2016-06-15T09:00:00Z", running: true, speed: 2 }),
  channel: null,
  key: null,
};
const TRADES = { channel: "trades", key: "RUR" } as const;

async function connected() {
  hub.start();
  latest().onopen?.();
  await settled();
  hears(HELLO);
}

beforeEach(() => {
  sockets = [];
  timers = [];
  ticket = { kind: "public" };
  hub = new Hub(outside);
});

describe("a connection", () => {
  it("shows the ticket of who is signed in, and asks for nothing before", async () => {
    ticket = { kind: "ticket", ticket: "t-1" };
    hub.listen(TRADES, () => {});
    hub.start();
    latest().onopen?.();
    expect(latest().said).toEqual([]);
    await settled();
    expect(latest().said).toEqual([
      { type: "authenticate", ticket: "t-1" },
      { type: "subscribe", ...TRADES },
    ]);
  });

  it("of nobody hears what is public", async () => {
    await connected();
    expect(latest().said[0]).toEqual({ type: "authenticate", token: null });
  });

  it("waits and comes back where no ticket was to be had", async () => {
    ticket = { kind: "later" };
    hub.start();
    latest().onopen?.();
    await settled();
    expect(latest().closed).toBe(4000);
    expect(latest().said).toEqual([]);
    expect(timers.some(({ ms }) => ms > 0 && ms < 1_000)).toBe(true);
  });

  it("is made anew with another ticket when somebody signs in", async () => {
    await connected();
    const first = latest();
    ticket = { kind: "ticket", ticket: "t-2" };
    hub.renew();
    expect(first.closed).toBe(1000);
    latest().onopen?.();
    await settled();
    expect(latest().said[0]).toEqual({ type: "authenticate", ticket: "t-2" });
  });

  it("tells the market's clock", async () => {
    await connected();
    for (const { act } of [...timers]) act();
    expect(hub.lookClock()).toMatchObject({ running: true, speed: 2, heardMs: 1_000 });
    expect(hub.lookConnection().status).toBe("live");
  });
});

describe("a channel", () => {
  it("is heard by all who asked, each from a snapshot on, until they leave", async () => {
    await connected();
    const first: number[] = [];
    const second: number[] = [];
    const leave = hub.listen(TRADES, ({ seq }) => first.push(seq ?? -1));
    hears(on("trades", "RUR", "snapshot", 5, { items: [] }));
    hears(on("trades", "RUR", "delta", 6, { items: [] }));
    // Whoever comes later starts the channel anew.
    const leaveToo = hub.listen(TRADES, ({ seq }) => second.push(seq ?? -1));
    hears(on("trades", "RUR", "snapshot", 6, { items: [] }));
    expect([first, second]).toEqual([[5, 6, 6], [6]]);
    leave();
    hears(on("trades", "RUR", "delta", 7, { items: [] }));
    expect([first, second]).toEqual([
      [5, 6, 6],
      [6, 7],
    ]);
    const subscribe = { type: "subscribe", ...TRADES };
    expect(latest().said.slice(1)).toEqual([subscribe, subscribe]);
    leaveToo();
    expect(latest().said.at(-1)).toEqual({ type: "unsubscribe", ...TRADES });
  });

  it("that nobody asked for goes nowhere, one that is refused says so", async () => {
    await connected();
    const heard: string[] = [];
    hub.listen(TRADES, ({ type }) => heard.push(type));
    hears(on("trades", "SEM", "snapshot", 1, { items: [] }));
    hears({ ...on("trades", "RUR", "snapshot", 1, {}), type: "error" });
    expect(heard).toEqual(["error"]);
  });
});

// What the feed makes of a book's checksum.

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { checksumOf } from "../../src/market/checksum";
import { Feed } from "../../src/market/feed";
import type { Channel } from "../../src/stream/client";
import type { Hub } from "../../src/stream/hub";
import type { Rest } from "../../src/wire/rest";
import type { Envelope } from "../../src/wire/types";
import { MARKET, on, scheduled } from "../wire";

const { start } = scheduled(4);
const level = { side: "buy", price_per_mwh: "50.00", energy_kwh: "1.500" } as const;
const RIGHT = checksumOf(
  new Map([[start, { phase: "continuous", levels: new Map([["buy 50.00", level]]) }]]),
);
const SNAPSHOT = {
  revision: 1,
  checksum: RIGHT,
  intervals: [{ start, phase: "continuous", levels: [level] }],
};

let hear: (message: Envelope) => void;
let anew: Channel[];

beforeEach(() => {
  vi.useFakeTimers();
  anew = [];
  const hub = {
    lookConnection: () => ({}),
    lookClock: () => null,
    watch: () => () => {},
    now: () => 0,
    listen: ({ channel, key }: Channel, told: (message: Envelope, heardMs: number) => void) => {
      if (channel === "book" && key === "RUR") hear = (message) => told(message, 0);
      return () => {};
    },
    anew: (where: Channel) => anew.push(where),
  };
  const never = () => new Promise(() => {});
  const rest = { health: never, clock: never };
  const market = { ...MARKET, continuous: { opens_minutes: 60 } };
  new Feed(market, rest as unknown as Rest, hub as unknown as Hub).start();
});
afterEach(() => vi.useRealTimers());

const checksum = (value: number) =>
  on("book", "RUR", "delta", 2, { event: "checksum", revision: 2, checksum: value });

test("a book with the server's checksum stays", () => {
  hear(on("book", "RUR", "snapshot", 1, SNAPSHOT));
  hear(checksum(RIGHT));
  expect(anew).toEqual([]);
});

test("a book with another one is asked for anew", () => {
  hear(on("book", "RUR", "snapshot", 1, SNAPSHOT));
  hear(checksum((RIGHT + 1) % 2 ** 32));
  expect(anew).toEqual([{ channel: "book", key: "RUR" }]);
});

test("a snapshot is not asked for again because of itself", () => {
  hear(on("book", "RUR", "snapshot", 1, { ...SNAPSHOT, checksum: 1 }));
  expect(anew).toEqual([]);
});

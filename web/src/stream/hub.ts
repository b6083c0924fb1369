// One connection for a whole page: parts of it come and go, each hears the channels it asks for.
//
// The one idea: whoever asks for a channel is answered with a snapshot, also where somebody else hears
// it already; so every listener has to take a snapshot at any time, which it must after a cut anyway.

import type { ChannelName, ChannelRefusal, Envelope, MessageOf } from "../wire/types";
import { StreamClient, type Channel, type Connection, type Outside } from "./client";

/** A market time and the real time at which it was heard: enough to tell the time in between. */
export interface ClockBase {
  nowMs: number;
  heardMs: number;
  running: boolean;
  speed: number;
}

export interface ChannelOf<C extends ChannelName> {
  channel: C;
  key: string;
}

type Hear<C extends ChannelName> = (
  message: MessageOf<C> | ChannelRefusal,
  heardMs: number,
) => void;

/** Changes are told at most this often, however much is heard. */
const TELL_MS = 200;

const QUIET: Connection = {
  status: "connecting",
  heardMs: null,
  retryMs: null,
  reconnects: 0,
  repairs: 0,
  behind: 0,
  epoch: null,
};

export class Hub {
  private readonly client: StreamClient;
  private readonly listeners = new Map<string, Set<(message: Envelope, heardMs: number) => void>>();
  private readonly watchers = new Set<() => void>();
  private connection: Connection = QUIET;
  private clock: ClockBase | null = null;
  private shown = { connection: this.connection, clock: this.clock };
  private telling: unknown = null;
  /** A market time that cannot have passed yet: told by whoever knows the next gate. */
  holdMs: number | null = null;

  constructor(private readonly outside: Outside) {
    this.client = new StreamClient([], outside, {
      message: (message) => this.pass(message),
      connection: (connection) => {
        this.connection = connection;
        this.tell();
      },
    });
  }

  start = () => this.client.start();
  stop = () => {
    this.client.stop();
    this.outside.cancel(this.telling);
    this.telling = null;
  };
  hurry = () => this.client.hurry();
  /** A new connection at once, with a new ticket. */
  renew = () => this.client.renew();

  /** Hears a channel until the answer is called. */
  listen<C extends ChannelName>(where: ChannelOf<C>, hear: Hear<C>): () => void {
    const name = nameOf(where);
    const known = this.listeners.get(name) ?? new Set();
    // What is said on a channel is what the server's description says of it.
    const told = (message: Envelope, heardMs: number) => hear(message as MessageOf<C>, heardMs);
    known.add(told);
    this.listeners.set(name, known);
    this.client.subscribe(where);
    return () => {
      known.delete(told);
      if (known.size > 0 || this.listeners.get(name) !== known) return;
      this.listeners.delete(name);
      this.client.unsubscribe(where);
    };
  }

  /** Starts a channel anew with a snapshot: what was made of it is not what the server has. */
  anew(where: Channel): void {
    if (this.listeners.has(nameOf(where))) this.client.subscribe(where);
  }

  /** Is told when connection or clock have changed. */
  watch = (watcher: () => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };
  lookConnection = () => this.shown.connection;
  lookClock = () => this.shown.clock;
  now = () => this.outside.now();

  private pass(message: Envelope): void {
    const heardMs = this.outside.now();
    const clock = clockOf(this.clock, message, heardMs);
    if (clock !== this.clock) {
      this.clock = clock;
      this.tell();
    }
    if (message.channel === null || message.key === null) return;
    const name = nameOf({ channel: message.channel, key: message.key });
    for (const hear of [...(this.listeners.get(name) ?? [])]) hear(message, heardMs);
  }

  private tell(): void {
    this.telling ??= this.outside.later(() => {
      this.telling = null;
      this.shown = { connection: this.connection, clock: this.clock };
      for (const watcher of this.watchers) watcher();
    }, TELL_MS);
  }
}

const nameOf = ({ channel, key }: Channel) => `${channel}.${key}`;

/** The clock after a message; without a pace a time alone cannot be carried on. */
export function clockOf(
  before: ClockBase | null,
  message: Envelope,
  heardMs: number,
): ClockBase | null {
  const data = (message.data ?? {}) as { now?: string; running?: boolean; speed?: number };
  const nowMs = Date.parse(data.now ?? message.ts);
  if (Number.isNaN(nowMs)) return before;
  const running = data.running ?? before?.running;
  const speed = data.speed ?? before?.speed;
  if (running === undefined || speed === undefined) return before;
  return { nowMs, heardMs, running, speed };
}

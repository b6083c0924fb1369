// The console's end of the stream: opens the socket, authenticates, subscribes, keeps order, comes
// back after a cut.
//
// The one idea: everything outside (socket, time, chance, the ticket of a signed-in person) is handed
// in, so that a day of faults can be played in a test. After a reconnect every channel starts from a
// fresh snapshot.

import type { Envelope } from "../wire/types";
import { UNSEEN, compare, take, type Step, type Track } from "./sequence";

/** The server's heartbeat is due every 5 s; three missed ones and the data is stale. */
export const STALE_AFTER_MS = 15_000;
const HEARTBEAT_MS = 5_000;
const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 20_000;
/** The server refused this client as such: asking again quickly would not help. */
const RETRY_REFUSED_MS = 30_000;
/** A connection that lived this long was a good one: the next cut starts again at RETRY_FIRST_MS. */
const GOOD_AFTER_MS = 10_000;
const CLOSE_NOT_AUTHENTICATED = 4001;
const CLOSE_NOT_UNDERSTOOD = 4003;
const CLOSE_TOO_MANY = 4009;

export interface Channel {
  channel: string;
  key: string;
}

export type Status = "connecting" | "live" | "stale" | "waiting";

export interface Connection {
  status: Status;
  /** Real time of the last message, ms; null: none yet, or none since it was renewed. */
  heardMs: number | null;
  /** Real time of the next attempt while waiting. */
  retryMs: number | null;
  /** How often a living connection was lost. */
  reconnects: number;
  /** How often a gap in the order was repaired. */
  repairs: number;
  /** Deltas the server has sent and we have not applied, as of the last heartbeat. */
  behind: number;
  epoch: Envelope["epoch"] | null;
}

export interface Socket {
  send(text: string): void;
  close(code?: number): void;
  onopen: (() => void) | null;
  onmessage: ((text: string) => void) | null;
  onclose: ((code: number) => void) | null;
}

/** What a new connection shows: a ticket, nothing (public channels only), or it has to wait. */
export type Ticket = { kind: "ticket"; ticket: string } | { kind: "public" } | { kind: "later" };

export interface Outside {
  connect(): Socket;
  /** Asked for at each connection, since a ticket is good once; left out: public channels only. */
  ticket?(): Promise<Ticket>;
  now(): number;
  /** Uniform in [0, 1). */
  random(): number;
  later(act: () => void, ms: number): unknown;
  cancel(timer: unknown): void;
}

export interface Listener {
  /** A snapshot or delta, in order; a hello or heartbeat, for its clock; an error about a channel. */
  message(message: Envelope): void;
  connection(connection: Connection): void;
}

const name = (channel: string, key: string) => `${channel}.${key}`;

export class StreamClient {
  private socket: Socket | null = null;
  private tracks = new Map<string, Track>();
  private channels: readonly Channel[];
  private attempt = 0;
  private openedMs = 0;
  private stopped = true;
  /** Whether this connection has said who it is: before, nothing may be asked for. */
  private authenticated = false;
  private retry: unknown = null;
  private watch: unknown = null;
  private state: Connection = {
    status: "connecting",
    heardMs: null,
    retryMs: null,
    reconnects: 0,
    repairs: 0,
    behind: 0,
    epoch: null,
  };

  constructor(
    channels: readonly Channel[],
    private readonly outside: Outside,
    private readonly listener: Listener,
  ) {
    this.channels = channels;
  }

  /** Hears a channel from now on; one that is heard already starts anew with a snapshot. */
  subscribe(where: Channel): void {
    if (!this.hears(where)) this.channels = [...this.channels, where];
    this.tracks.set(name(where.channel, where.key), UNSEEN);
    if (this.authenticated) this.say({ type: "subscribe", ...where });
  }

  unsubscribe(where: Channel): void {
    const gone = name(where.channel, where.key);
    this.channels = this.channels.filter((each) => name(each.channel, each.key) !== gone);
    this.tracks.delete(gone);
    if (this.authenticated) this.say({ type: "unsubscribe", ...where });
  }

  /** Begins a new connection at once: somebody has signed in or out, say. One that lived was not cut. */
  renew(): void {
    if (this.stopped) return;
    this.outside.cancel(this.retry);
    this.outside.cancel(this.watch);
    this.drop(1000);
    if (this.state.status === "live") this.report({ heardMs: null });
    this.open();
  }

  private hears(where: Channel): boolean {
    return this.channels.some((each) => each.channel === where.channel && each.key === where.key);
  }

  start(): void {
    this.stopped = false;
    this.open();
  }

  stop(): void {
    this.stopped = true;
    this.outside.cancel(this.retry);
    this.outside.cancel(this.watch);
    this.drop(1000);
  }

  /** Tries at once instead of waiting for the next attempt (the browser came back online, say). */
  hurry(): void {
    if (this.stopped || this.state.status !== "waiting") return;
    this.outside.cancel(this.retry);
    this.open();
  }

  private open(): void {
    this.tracks = new Map(this.channels.map((each) => [name(each.channel, each.key), UNSEEN]));
    this.openedMs = this.outside.now();
    this.report({ status: "connecting", retryMs: null, behind: 0 });
    const socket = this.outside.connect();
    this.socket = socket;
    this.authenticated = false;
    socket.onopen = () => {
      if (this.outside.ticket === undefined) this.introduce({ kind: "public" });
      else
        void this.outside
          .ticket()
          .then((ticket) => this.socket === socket && this.introduce(ticket));
    };
    socket.onmessage = (text) => this.hear(text);
    socket.onclose = (code) => this.closed(code);
    this.tick();
  }

  private introduce(shown: Ticket): void {
    if (shown.kind === "later") {
      this.drop(4000);
      this.again(0);
      return;
    }
    const proof = shown.kind === "ticket" ? { ticket: shown.ticket } : { token: null };
    this.say({ type: "authenticate", ...proof });
    this.authenticated = true;
    for (const each of this.channels) this.say({ type: "subscribe", ...each });
  }

  /** Every 5 s of real time: say that we live, and see whether the server does. */
  private tick(): void {
    this.outside.cancel(this.watch);
    this.watch = this.outside.later(() => {
      const silentMs = this.outside.now() - Math.max(this.state.heardMs ?? 0, this.openedMs);
      if (silentMs >= STALE_AFTER_MS) {
        this.report({ status: "stale" });
        this.drop(4000);
        this.again(0);
        return;
      }
      if (this.state.status === "live") this.say({ type: "heartbeat" });
      this.tick();
    }, HEARTBEAT_MS);
  }

  private hear(text: string): void {
    const message = parse(text);
    if (message === null) return;
    this.report({ heardMs: this.outside.now() });
    switch (message.type) {
      case "hello":
        this.report({ status: "live", epoch: message.epoch });
        this.listener.message(message);
        return;
      case "snapshot":
      case "delta":
      case "resend":
        this.sort(message);
        return;
      case "heartbeat":
        this.heartbeat(message);
        return;
      case "resync_required":
        if (message.channel !== null && message.key !== null) {
          this.resubscribe({ channel: message.channel, key: message.key });
        }
        return;
      case "error":
        // Said about one of our messages; the close code that may follow decides what to do.
        this.listener.message(message);
        return;
    }
  }

  private sort(message: Envelope): void {
    if (message.channel === null || message.key === null) return;
    const track = this.tracks.get(name(message.channel, message.key));
    if (track) this.follow({ channel: message.channel, key: message.key }, take(track, message));
  }

  private heartbeat(message: Envelope): void {
    const seqs = (message.data as { seqs?: Record<string, number> } | null)?.seqs ?? {};
    let behind = 0;
    for (const each of this.channels) {
      const track = this.tracks.get(name(each.channel, each.key));
      const serverSeq = seqs[name(each.channel, each.key)];
      if (!track || serverSeq === undefined) continue;
      if (track.epoch !== null) behind += Math.max(0, serverSeq - track.applied);
      this.follow(each, compare(track, message.epoch, serverSeq));
    }
    this.report({ behind, epoch: message.epoch });
    this.listener.message(message);
  }

  private follow(where: Channel, step: Step): void {
    this.tracks.set(name(where.channel, where.key), step.track);
    for (const message of step.deliver) this.listener.message(message);
    if (step.ask === null) return;
    this.report({ repairs: this.state.repairs + 1 });
    if (step.ask.kind === "snapshot") this.resubscribe(where);
    else this.say({ type: "resend", ...where, from: step.ask.from, to: step.ask.to });
  }

  /** A second subscription to the same channel starts it anew with a snapshot. */
  private resubscribe(where: Channel): void {
    this.tracks.set(name(where.channel, where.key), UNSEEN);
    this.say({ type: "subscribe", ...where });
  }

  private closed(code: number): void {
    this.socket = null;
    this.authenticated = false;
    if (this.stopped) return;
    const refused = [CLOSE_NOT_AUTHENTICATED, CLOSE_NOT_UNDERSTOOD, CLOSE_TOO_MANY].includes(code);
    this.again(refused ? RETRY_REFUSED_MS : 0);
  }

  /** Waits longer after each failed attempt, by half at random, so that consoles do not return as one. */
  private again(leastMs: number): void {
    const lived = this.state.status === "live" || this.state.status === "stale";
    this.outside.cancel(this.watch);
    this.outside.cancel(this.retry);
    if (this.state.status === "live" && this.outside.now() - this.openedMs >= GOOD_AFTER_MS) {
      this.attempt = 0;
    }
    const full = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** this.attempt);
    const waitMs = Math.max(leastMs, full * (0.5 + this.outside.random() / 2));
    this.attempt += 1;
    this.report({
      status: "waiting",
      retryMs: this.outside.now() + waitMs,
      reconnects: this.state.reconnects + (lived ? 1 : 0),
    });
    this.retry = this.outside.later(() => this.open(), waitMs);
  }

  private drop(code: number): void {
    const socket = this.socket;
    this.socket = null;
    this.authenticated = false;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(code);
  }

  private say(message: object): void {
    this.socket?.send(JSON.stringify(message));
  }

  private report(change: Partial<Connection>): void {
    this.state = { ...this.state, ...change };
    this.listener.connection(this.state);
  }
}

function parse(text: string): Envelope | null {
  try {
    const message = JSON.parse(text) as Envelope | null;
    return message !== null && typeof message === "object" && typeof message.type === "string"
      ? message
      : null;
  } catch {
    return null;
  }
}

/** The browser's websocket in the shape the client wants. */
export function browserSocket(url: string): Socket {
  const inner = new WebSocket(url);
  const socket: Socket = {
    onopen: null,
    onmessage: null,
    onclose: null,
    send: (text) => {
      if (inner.readyState === WebSocket.OPEN) inner.send(text);
    },
    close: (code) => inner.close(code),
  };
  inner.onopen = () => socket.onopen?.();
  inner.onmessage = (event) => socket.onmessage?.(String(event.data));
  inner.onclose = (event) => socket.onclose?.(event.code);
  return socket;
}

// Feeds the page with one market: the stream for what changes, HTTP for what stands still.
//
// The one idea: messages are reduced at once, the page is told at most every BATCH_MS, so that a day
// at many times real speed costs no more drawing than a quiet one.

import type { Connection } from "../stream/client";
import type { ChannelOf, Hub } from "../stream/hub";
import type { Answer } from "../wire/client";
import type { Rest } from "../wire/rest";
import type { Curves, Market, ServerHealth } from "../wire/types";
import { MERGED } from "./books";
import { checksumOf } from "./checksum";
import { NOTHING_YET, reduce, type Action, type Heard, type Situation } from "./state";
import { dayView } from "./views";

const BATCH_MS = 200;
/** Health and clock are asked this often; the stream carries everything else. */
const POLL_MS = 5_000;
/** Areas whose books are heard; the server allows 256 subscriptions a page. */
const BOOKS_MAX = 60;
/** Curves kept: a day of quarter-hours, twice. */
const CURVES_MAX = 200;

/** The books a market has: of each area, and of what small areas hold together. */
export function bookKeys(market: Market): string[] {
  if (market.continuous == null) return [];
  return [...market.areas.slice(0, BOOKS_MAX).map(({ area_id }) => area_id), MERGED];
}

type Where = ChannelOf<Heard["channel"]>;

export interface Server {
  health: Answer<ServerHealth> | null;
}

export interface Picture {
  situation: Situation;
  connection: Connection;
  server: Server;
}

export class Feed {
  private picture: Picture;
  private pending: Partial<Picture> = {};
  private readonly listeners = new Set<() => void>();
  private readonly channels: readonly Where[];
  private leave: (() => void)[] = [];
  private readonly curvesKept = new Map<string, Curves>();
  private flush: ReturnType<typeof setTimeout> | null = null;
  private poll: ReturnType<typeof setTimeout> | undefined;
  private filledDayMs: number | null = null;
  private stopped = false;

  constructor(
    readonly market: Market,
    private readonly rest: Rest,
    private readonly hub: Hub,
  ) {
    this.picture = {
      situation: NOTHING_YET,
      connection: hub.lookConnection(),
      server: { health: null },
    };
    this.channels = [
      { channel: "market", key: market.market_id },
      ...market.areas.map(({ area_id }): Where => ({ channel: "trades", key: area_id })),
      ...bookKeys(market).map((key): Where => ({ channel: "book", key })),
    ];
  }

  start(): void {
    this.stopped = false;
    this.leave = [
      this.hub.watch(() => this.watched()),
      ...this.channels.map((each) =>
        this.hub.listen(each, (message, heardMs) => {
          if (message.type === "error") return;
          this.act({ kind: "message", message, heardMs });
          this.check(each, message);
        }),
      ),
    ];
    void this.ask();
  }

  stop(): void {
    this.stopped = true;
    for (const leave of this.leave) leave();
    this.leave = [];
    clearTimeout(this.poll);
    if (this.flush !== null) clearTimeout(this.flush);
    this.flush = null;
  }

  subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  look = () => this.picture;

  /** The curves of an interval; they do not change any more, so each is fetched once. */
  async curves(start: string, signal: AbortSignal): Promise<Answer<Curves>> {
    const kept = this.curvesKept.get(start);
    if (kept) return { ok: true, value: kept, roundTripMs: 0 };
    const answer = await this.rest.curves(this.market.market_id, start, signal);
    if (answer.ok) {
      this.curvesKept.set(start, answer.value);
      const oldest = this.curvesKept.keys().next().value;
      if (this.curvesKept.size > CURVES_MAX && oldest !== undefined) this.curvesKept.delete(oldest);
    }
    return answer;
  }

  private get situation(): Situation {
    return this.pending.situation ?? this.picture.situation;
  }

  private act(action: Action): void {
    this.change({ situation: reduce(this.situation, action) });
  }

  /** A book that comes to another checksum than the server's is asked for anew. */
  private check(where: Where, message: Heard): void {
    if (message.channel !== "book") return;
    const { checksum } = message.data;
    if (checksum === undefined) return;
    const fits = checksumOf(this.situation.books.get(where.key) ?? new Map()) === checksum;
    // A snapshot that does not fit would not fit the next time either; it is shown as it came.
    if (!fits && message.type !== "snapshot") this.hub.anew(where);
  }

  private change(change: Partial<Picture>): void {
    this.pending = { ...this.pending, ...change };
    this.flush ??= setTimeout(() => {
      this.flush = null;
      this.picture = { ...this.picture, ...this.pending };
      this.pending = {};
      for (const listener of this.listeners) listener();
      void this.fillDay();
    }, BATCH_MS);
  }

  private watched(): void {
    const clock = this.hub.lookClock();
    const connection = this.hub.lookConnection();
    if (clock !== null && clock !== this.situation.clock) this.act({ kind: "clock", clock });
    if (connection !== this.picture.connection) this.change({ connection });
  }

  private async ask(): Promise<void> {
    const [health, clock] = await Promise.all([this.rest.health(), this.rest.clock()]);
    if (this.stopped) return;
    this.change({ server: { health } });
    // The stream's clock is the fresher one once it runs.
    if (clock.ok && this.situation.clock === null) {
      const { now, running, speed } = clock.value;
      const told = { nowMs: Date.parse(now), running, speed, heardMs: this.hub.now() };
      this.act({ kind: "clock", clock: told });
    }
    this.poll = setTimeout(() => void this.ask(), POLL_MS);
  }

  /** A snapshot carries the trading day; when the day turns, the rest of the new one is fetched. */
  private async fillDay(): Promise<void> {
    const { situation } = this.picture;
    if (situation.intervals.size === 0) return;
    const day = dayView(situation, this.market);
    if (this.filledDayMs === day.fromMs || day.intervals.every((each) => each !== null)) return;
    this.filledDayMs = day.fromMs;
    const iso = (ms: number) => new Date(ms).toISOString();
    const found = await this.rest.intervals(
      this.market.market_id,
      iso(day.fromMs),
      iso(day.untilMs),
    );
    if (found.ok && !this.stopped) this.act({ kind: "intervals", intervals: found.value });
  }
}

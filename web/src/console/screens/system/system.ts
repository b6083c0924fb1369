// What runs here, as the server says it, and what of it is worth a colour.

import type { Schemas } from "../../../wire/client";
import type { Tone } from "../../../parts/text/State";

export type MarketSystem = Schemas["MarketSystem"];

export type ServerSystem = Schemas["ServerSystem"];

/** What was seen of a market at one moment of real time. */
export interface Sample {
  /** Ms since 1970. */
  atMs: number;
  lag: number;
  queue: number;
  committed: number;
  /** Commands committed a second since the sample before; null: there is none, or the server began anew. */
  perSecond: number | null;
}

/** Kept while one looks: half an hour at a sample every two seconds. */
const KEPT = 900;

/** With the next sample; one of the same moment is not taken. */
export function sampled(
  samples: readonly Sample[],
  market: MarketSystem,
  atMs: number,
): readonly Sample[] {
  const last = samples.at(-1);
  if (last !== undefined && atMs <= last.atMs) return samples;
  const more = last === undefined ? null : market.committed_seq - last.committed;
  const perSecond =
    last === undefined || more === null || more < 0 ? null : (more * 1000) / (atMs - last.atMs);
  const next = {
    atMs,
    lag: market.lag,
    queue: market.queue,
    committed: market.committed_seq,
    perSecond,
  };
  return [...samples, next].slice(-KEPT);
}

/** How full the queue is, percent. */
export const fullness = ({ queue, queue_max }: MarketSystem): number =>
  queue_max === 0 ? 0 : (queue * 100) / queue_max;

/** From here on a full queue is worth a warning: what comes then is refused. */
const QUEUE_WARN = 50;

export function standing(market: MarketSystem): Tone {
  if (market.status !== "ok" || market.jobs.some(({ state }) => state === "failed")) return "bad";
  return fullness(market) >= QUEUE_WARN || market.stream.lagging > 0 ? "warning" : "good";
}

/** Bytes with the unit that fits; powers of 1024, as files are told. */
export function size(bytes: number): { value: number; unit: "KiB" | "MiB" | "GiB" } {
  if (bytes >= 1024 ** 3) return { value: bytes / 1024 ** 3, unit: "GiB" };
  if (bytes >= 1024 ** 2) return { value: bytes / 1024 ** 2, unit: "MiB" };
  return { value: bytes / 1024, unit: "KiB" };
}

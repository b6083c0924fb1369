// A book of the past as its address tells it, and which moment of it is asked for: pure.

import type { Book } from "../../market/books";
import { checksumOf } from "../../market/checksum";
import type { Schemas } from "../../wire/client";

/** What a key showed of an interval after one of its steps (docs/wire.md, "A book of the past"). */
export type BookAt = Schemas["BookAt"];

/** The moment as the address of the page names it: by step, by fact, or by time; else the latest. */
export interface Moment {
  step?: string | undefined;
  fact?: string | undefined;
  when?: string | undefined;
}

/** What is asked of the server; of several names the first counts. */
export function askedOf({ step, fact, when }: Moment) {
  if (step !== undefined) return { step };
  if (fact !== undefined) return { event_seq: fact };
  return when === undefined ? {} : { at: when };
}

/** As the live book has it. */
export function bookOf({ phase, levels }: BookAt): Book | undefined {
  if (levels === null || phase === null) return undefined;
  const stand = levels.map((each) => [`${each.side} ${each.price_per_mwh}`, each] as const);
  return { phase, levels: new Map(stand) };
}

/** Whether what came adds up to what the server says. */
export function addsUp(told: BookAt): boolean {
  const book = bookOf(told);
  return book === undefined || checksumOf(new Map([[told.start, book]])) === told.checksum;
}

export interface Reach {
  fromMs: number;
  untilMs: number;
}

/** From where to where there is something to be looked at; null: nothing has been read. */
export function reachOf({ opened_at, closed_at, read_until }: BookAt): Reach | null {
  if (opened_at === null || read_until === null) return null;
  const fromMs = Date.parse(opened_at);
  return { fromMs, untilMs: Math.max(fromMs, Date.parse(closed_at ?? read_until)) };
}

/** Where the slider stands: at the moment asked for, else at the step that is shown. */
export function placeMs(told: BookAt, when: string | undefined, reach: Reach): number {
  const wanted = when ?? told.at;
  const ms = wanted === null ? reach.fromMs : Date.parse(wanted);
  return Math.min(Math.max(ms, reach.fromMs), reach.untilMs);
}

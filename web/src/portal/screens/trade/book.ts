// The book of one's area as the stream tells it, and what all small areas hold together.

import { booksAnew, booksMore, ladder, MERGED, type Books } from "../../../market/books";
import type { BookInterval, Envelope } from "../../../wire/types";

export const NO_BOOKS: Books = new Map();

/** Snapshots begin anew, `depth` is what has changed. */
export function hear(books: Books, { type, data, key }: Envelope): Books {
  const area = key ?? MERGED;
  const told = data as { type?: string; intervals?: BookInterval[] } | null;
  if (told?.intervals === undefined) return books;
  if (type === "snapshot") return booksAnew(books, area, told.intervals);
  return booksMore(books, area, told.intervals);
}

export interface Best {
  bid: string | null;
  ask: string | null;
}

/** The best prices of both sides. */
export function bestOf(rungs: ReturnType<typeof ladder>): Best {
  return {
    ask: rungs.filter(({ sellKwh }) => sellKwh !== null).at(-1)?.price ?? null,
    bid: rungs.find(({ buyKwh }) => buyKwh !== null)?.price ?? null,
  };
}

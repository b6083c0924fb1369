// The book of one's area as the stream tells it, and what all small areas hold together.

import { booksAnew, booksMore, type ladder, type Books } from "../../../market/books";
import type { MessageOf } from "../../../wire/types";

export const NO_BOOKS: Books = new Map();

/** Snapshots begin anew, `depth` is what has changed. */
export function hear(books: Books, message: MessageOf<"book">): Books {
  const { key } = message;
  if (message.type === "snapshot") return booksAnew(books, key, message.data.intervals);
  return message.data.event === "depth" ? booksMore(books, key, message.data.intervals) : books;
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

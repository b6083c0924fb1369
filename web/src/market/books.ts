// The books of continuous trading as the stream tells them: by level, without names.

import type { BookInterval, BookLevel, Phase } from "../wire/types";

/** The server's name for what small areas hold together. */
export const MERGED = "market";

export interface Book {
  phase: Phase;
  /** By side and price. */
  levels: ReadonlyMap<string, BookLevel>;
}

/** By area (or MERGED), then by the start of the interval. */
export type Books = ReadonlyMap<string, ReadonlyMap<string, Book>>;

/** Phases in which a book is public; in a halt it is the last one. */
const SHOWN: readonly Phase[] = ["continuous", "halt", "frozen"];
const NO_LEVELS: Book["levels"] = new Map();

export function booksAnew(books: Books, key: string, intervals: readonly BookInterval[]): Books {
  return take(books, key, new Map(), intervals);
}

export function booksMore(books: Books, key: string, intervals: readonly BookInterval[]): Books {
  return take(books, key, books.get(key) ?? new Map<string, Book>(), intervals);
}

function take(
  books: Books,
  key: string,
  before: ReadonlyMap<string, Book>,
  intervals: readonly BookInterval[],
): Books {
  const area = new Map(before);
  for (const { start, phase, levels } of intervals) {
    if (!SHOWN.includes(phase)) {
      area.delete(start);
      continue;
    }
    const next = new Map(area.get(start)?.levels ?? NO_LEVELS);
    for (const level of levels) {
      const place = `${level.side} ${level.price_per_mwh}`;
      if (Number(level.energy_kwh) === 0) next.delete(place);
      else next.set(place, level);
    }
    area.set(start, { phase, levels: next });
  }
  return new Map(books).set(key, area);
}

export interface Rung {
  price: string;
  buyKwh: string | null;
  sellKwh: string | null;
  /** Of the largest level shown, 0..1. */
  part: number;
}

/** The best levels of both sides, dearest first: sellers above, buyers below. */
export function ladder(book: Book | undefined, most: number): Rung[] {
  const levels = [...(book?.levels.values() ?? [])];
  const dearestFirst = (a: BookLevel, b: BookLevel) =>
    Number(b.price_per_mwh) - Number(a.price_per_mwh);
  const sells = levels
    .filter(({ side }) => side === "sell")
    .sort(dearestFirst)
    .slice(-most);
  const buys = levels
    .filter(({ side }) => side === "buy")
    .sort(dearestFirst)
    .slice(0, most);
  const shown = [...sells, ...buys];
  const largest = Math.max(...shown.map(({ energy_kwh }) => Number(energy_kwh)), 0);
  return shown.map(({ side, price_per_mwh, energy_kwh }) => ({
    price: price_per_mwh,
    buyKwh: side === "buy" ? energy_kwh : null,
    sellKwh: side === "sell" ? energy_kwh : null,
    part: largest > 0 ? Number(energy_kwh) / largest : 0,
  }));
}

// The checksum of a book, as the server keeps it: who computes another one has missed something.
//
// The sum of the CRC-32 (IEEE, as in zlib) of every level's line, modulo 2^32, in any order (docs/wire.md, "A book").

import type { Book } from "./books";

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? 0xedb88320 ^ (rest >>> 1) : rest >>> 1;
  return rest;
});
const UTF8 = new TextEncoder();

/** The CRC-32 of a text's UTF-8, 0 to 2^32 - 1. */
export function crc32(text: string): number {
  let rest = 0xffffffff;
  for (const byte of UTF8.encode(text)) {
    rest = (TABLE[(rest ^ byte) & 0xff] ?? 0) ^ (rest >>> 8);
  }
  return (rest ^ 0xffffffff) >>> 0;
}

/** Of all that one key shows, by the start of the interval. */
export function checksumOf(books: ReadonlyMap<string, Book>): number {
  let sum = 0;
  for (const [start, { levels }] of books) {
    for (const { side, price_per_mwh, energy_kwh } of levels.values()) {
      sum = (sum + crc32(`${start} ${side} ${price_per_mwh} ${energy_kwh}`)) >>> 0;
    }
  }
  return sum;
}

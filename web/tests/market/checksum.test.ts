import { expect, test } from "vitest";
import { booksAnew, type Books } from "../../src/market/books";
import { checksumOf, crc32 } from "../../src/market/checksum";

const level = (side: "buy" | "sell", price_per_mwh: string, energy_kwh: string) => ({
  ...{ side, price_per_mwh, energy_kwh },
});
const shown = (...levels: ReturnType<typeof level>[]) => {
  const start = "2016-06-15T12:00:00Z";
  const books: Books = booksAnew(new Map(), "RUR", [{ start, phase: "continuous", levels }]);
  return books.get("RUR") ?? new Map();
};

test("a line's checksum is zlib's", () => {
  expect(crc32("123456789")).toBe(3421780262);
  expect(crc32("2016-06-15T12:00:00Z buy 50.00 1.500")).toBe(3933667755);
  expect(crc32("")).toBe(0);
});

test("a book's is the sum of its lines, in any order, and 0 when it is empty", () => {
  const [buy, sell] = [level("buy", "50.00", "1.500"), level("sell", "60.00", "2.000")];
  expect(checksumOf(shown(buy, sell))).toBe(3128953174);
  expect(checksumOf(shown(sell, buy))).toBe(3128953174);
  expect(checksumOf(shown())).toBe(0);
});

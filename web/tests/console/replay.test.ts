import { expect, test } from "vitest";
import {
  addsUp,
  askedOf,
  bookOf,
  placeMs,
  reachOf,
  type BookAt,
} from "../../src/console/replay/replay";
import { crc32 } from "../../src/market/checksum";

const START = "2016-07-01T03:30:00Z";
const told = (changes: Partial<BookAt> = {}): BookAt => ({
  ...{ area: "RUR", start: START, end: "2016-07-01T03:45:00Z", closed_at: null },
  opened_at: "2016-06-30T03:30:00Z",
  read_until: "2016-07-01T00:50:00Z",
  ...{ complete: true, reached: true, steps: 7, step: 3, event_seq: 12, command_seq: 5 },
  ...{ at: "2016-06-30T04:00:00Z", next_at: null, facts: ["OrdersAccepted"], phase: "continuous" },
  checksum: crc32(`${START} buy 50.00 1.500`),
  levels: [{ side: "buy", price_per_mwh: "50.00", energy_kwh: "1.500" }],
  ...changes,
});

test("a moment is named once: by step before fact before time", () => {
  expect(askedOf({})).toEqual({});
  expect(askedOf({ step: "3", fact: "9", when: START })).toEqual({ step: "3" });
  expect(askedOf({ fact: "9", when: START })).toEqual({ event_seq: "9" });
  expect(askedOf({ when: START })).toEqual({ at: START });
});

test("what is shown adds up to what the server says, or it is said that it does not", () => {
  expect(bookOf(told())?.levels.get("buy 50.00")?.energy_kwh).toBe("1.500");
  expect(addsUp(told())).toBe(true);
  expect(addsUp(told({ checksum: 7 }))).toBe(false);
  expect(bookOf(told({ levels: null }))).toBeUndefined();
});

test("one looks from the opening to where it closed, or as far as has been read", () => {
  const open = Date.parse("2016-06-30T03:30:00Z");
  expect(reachOf(told())).toEqual({ fromMs: open, untilMs: Date.parse("2016-07-01T00:50:00Z") });
  const closed = told({ closed_at: "2016-06-30T05:00:00Z" });
  expect(reachOf(closed)?.untilMs).toBe(Date.parse("2016-06-30T05:00:00Z"));
  expect(reachOf(told({ read_until: null }))).toBeNull();
});

test("the slider stands at the wish, else at the step, and inside of what can be seen", () => {
  const reach = { fromMs: 1_000, untilMs: 9_000 };
  expect(placeMs(told({ at: null }), undefined, reach)).toBe(1_000);
  expect(placeMs(told(), "1970-01-01T00:00:05Z", reach)).toBe(5_000);
  expect(placeMs(told(), undefined, reach)).toBe(9_000);
});

import { expect, test } from "vitest";
import {
  rating,
  share,
  together,
  type Indicator,
} from "../../../../src/console/screens/desk/indicators";

const made = (changes: Partial<Indicator>): Indicator => ({
  period: "2016-07-01",
  kind: "question",
  opened: 1,
  open: 0,
  closed: 1,
  reopened: 0,
  taken_in_time: 0,
  taken_late: 0,
  answered_in_time: 0,
  answered_late: 0,
  closed_in_time: 0,
  closed_late: 0,
  ...{ taken_share_ppm: null, answered_share_ppm: null, closed_share_ppm: null },
  ratings: 0,
  rating_sum: 0,
  ...changes,
});

test("kinds of a day are summed, days of a kind too", () => {
  const items = [
    made({ period: "2016-07-02", taken_in_time: 2, taken_late: 1 }),
    made({ kind: "complaint", taken_in_time: 3 }),
    made({ taken_late: 2, opened: 4 }),
  ];
  const days = together(items, ({ period }) => period);
  expect(days.map(({ key, opened }) => [key, opened])).toEqual([
    ["2016-07-01", 5],
    ["2016-07-02", 1],
  ]);
  const kinds = together(items, ({ kind }) => kind);
  expect(kinds.map(({ key, taken_late }) => [key, taken_late])).toEqual([
    ["complaint", 0],
    ["question", 3],
  ]);
});

test("a share is of those of which it is known, and of none it is none", () => {
  const [row] = together([made({ taken_in_time: 2, taken_late: 1 })], () => "");
  expect(share(row!, "taken")).toBe(666_666);
  expect(share(row!, "answered")).toBeNull();
});

test("shares of several kinds weigh by their cases, not by their kinds", () => {
  const items = [made({ taken_in_time: 9 }), made({ kind: "complaint", taken_late: 1 })];
  const [row] = together(items, () => "");
  expect(share(row!, "taken")).toBe(900_000);
});

test("the mean of the ratings is over all of them", () => {
  const items = [made({ ratings: 3, rating_sum: 15 }), made({ ratings: 1, rating_sum: 1 })];
  const [row] = together(items, () => "");
  expect(rating(row!)).toBe(4);
  const [none] = together([made({})], () => "");
  expect(rating(none!)).toBeNull();
});

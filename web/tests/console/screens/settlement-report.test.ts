// What the charts of a report show, and payouts by how far they are.

import { describe, expect, it } from "vitest";
import { payoutsOf } from "../../../src/console/screens/settlement/figures";
import type { Withdrawal } from "../../../src/console/screens/settlement/money";
import {
  pricesByArea,
  readingsByDay,
  revenueByKind,
  volumesByVenue,
  type AreaPrice,
  type Revenue,
  type Volume,
} from "../../../src/console/screens/settlement/report";

const booked = (
  account: string,
  kind: Revenue["kind"],
  ...[received, given, net]: [string, string, string]
): Revenue => ({
  ...{ account, kind, postings: 2 },
  ...{ received_amount: received, given_amount: given, net_amount: net },
});

describe("revenue by kind", () => {
  it("adds up the market's own accounts, and leaves out those of others", () => {
    const rows = revenueByKind([
      booked("grid_operator", "line_fee", "1.10000000", "0.00000000", "1.10000000"),
      booked("balancing", "line_fee", "0.00000000", "0.10000000", "-0.10000000"),
      booked("participant", "line_fee", "0.00000000", "1.00000000", "-1.00000000"),
      booked("levies", "levies", "0.50000000", "0.00000000", "0.50000000"),
    ]);
    expect(rows).toEqual([
      {
        ...booked("grid_operator balancing", "line_fee", "1.10000000", "0.10000000", "1.00000000"),
        postings: 4,
      },
      booked("levies", "levies", "0.50000000", "0.00000000", "0.50000000"),
    ]);
  });
});

describe("prices by area", () => {
  const price = (area_id: string, start: string | null, last: string | null, mean: string) =>
    ({
      ...{ area_id, day: "2016-06-30", start, price_per_mwh: last, mean_per_mwh: mean },
    }) as AreaPrice;

  it("are lines over the same instants, with a hole where an area has none", () => {
    const found = pricesByArea([
      price("SEM", "2016-06-30T20:15:00Z", "90.00", "91.00"),
      price("RUR", "2016-06-30T20:00:00Z", null, "80.00"),
      price("RUR", "2016-06-30T20:15:00Z", "85.00", "86.00"),
    ]);
    expect(found.places).toEqual(["2016-06-30T20:00:00Z", "2016-06-30T20:15:00Z"]);
    expect(found.areas).toEqual([
      { area_id: "RUR", prices: ["80.00", "85.00"] },
      { area_id: "SEM", prices: [null, "90.00"] },
    ]);
  });

  it("of a month stand by day", () => {
    expect(pricesByArea([price("RUR", null, null, "80.00")]).places).toEqual(["2016-06-30"]);
  });
});

it("volumes are bought and sold by way of trading", () => {
  const row = (venue: string, side: "buy" | "sell", energy_kwh: string) =>
    ({ venue, side, energy_kwh }) as Volume;
  expect(
    volumesByVenue([
      row("call", "buy", "1.100"),
      row("call", "buy", "0.200"),
      row("call", "sell", "1.300"),
      row("listing", "sell", "0.500"),
    ]),
  ).toEqual([
    { venue: "call", bought: "1.300", sold: "1.300" },
    { venue: "listing", bought: "0", sold: "0.500" },
  ]);
});

it("readings are counted by day, zero where a day has none of a sort", () => {
  expect(
    readingsByDay([
      { day: "2016-07-01", reading: "measured", unit_intervals: 7 },
      { day: "2016-06-30", reading: "measured", unit_intervals: 5 },
      { day: "2016-06-30", reading: "late", unit_intervals: 2 },
    ]),
  ).toEqual({
    days: ["2016-06-30", "2016-07-01"],
    readings: [
      { reading: "measured", counts: [5, 7] },
      { reading: "late", counts: [2, 0] },
    ],
  });
});

it("payouts are summed by how far they are", () => {
  const payout = (state: Withdrawal["state"], amount: string) => ({ state, amount }) as Withdrawal;
  const sums = payoutsOf([
    payout("requested", "1.10"),
    payout("requested", "2.20"),
    payout("paid", "5.00"),
    payout("refused", "9.00"),
  ]);
  expect(sums.requested).toEqual({ count: 2, amount: "3.30" });
  expect(sums.paid).toEqual({ count: 1, amount: "5.00" });
  expect(sums.approved.count).toBe(0);
});

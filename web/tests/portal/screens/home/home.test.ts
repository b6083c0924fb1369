// What the portal's first page reckons.

import { describe, expect, it } from "vitest";
import {
  ADVICE,
  cheapest,
  direction,
  earned,
  owed,
  perKwh,
  priceSlots,
  size,
  waiting,
} from "../../../../src/portal/screens/home/home";

const ahead = (hour: number, price: string | null, ask: string | null = "163.27") => ({
  start: `2016-07-01T0${hour}:00:00Z`,
  end: `2016-07-01T0${hour}:15:00Z`,
  price_per_mwh: price,
  last_resort_ask_per_mwh: ask,
  last_resort_bid_per_mwh: "78.40",
});

describe("prices of the hours to come", () => {
  it("are the market's where it has cleared, else at most the last resort's", () => {
    expect(priceSlots([ahead(1, "167.00"), ahead(2, null)])).toMatchObject([
      { price: "167.00", sure: true },
      { price: "163.27", sure: false },
    ]);
  });

  it("have a cheapest, the first of equals; unknown ones are not cheap", () => {
    const slots = priceSlots([
      ahead(1, null, null),
      ahead(2, "9.00"),
      ahead(3, "10.00"),
      ahead(4, "9.00"),
    ]);
    expect(cheapest(slots)?.start).toBe("2016-07-01T02:00:00Z");
    expect(cheapest(priceSlots([ahead(1, null, null)]))).toBeNull();
  });

  it("may be below zero", () => {
    expect(cheapest(priceSlots([ahead(1, "0.50"), ahead(2, "-12.00")]))?.price).toBe("-12.00");
  });

  it("are a thousandth by the kWh, to the last place", () => {
    expect(perKwh("167.00")).toBe("0.16700");
    expect(perKwh("-3.25")).toBe("-0.00325");
    expect(perKwh(null)).toBeNull();
  });
});

describe("money of today", () => {
  it("is what energy brought and cost, not what was moved", () => {
    expect(
      earned([
        { kind: "deposit", amount: "100.00000000" },
        { kind: "trade", amount: "0.18670288" },
        { kind: "deviation", amount: "-0.87523203" },
        { kind: "levies", amount: "-0.19400000" },
        { kind: "withdrawal", amount: "-50.00000000" },
      ]),
    ).toEqual({ received: "0.18670288", paid: "1.06923203", net: "-0.88252915" });
  });

  it("is nothing on a day without postings", () => {
    expect(earned([])).toEqual({ received: "0", paid: "0", net: "0" });
  });
});

describe("power", () => {
  it("says which way it goes", () => {
    expect(["2.060", "-2.060", "0.000", "-0.000"].map(direction)).toEqual([
      ...["in", "out", "still", "still"],
    ]);
    expect(size("-2.060")).toBe("2.060");
  });
});

describe("what waits", () => {
  const alert = (kind: string, severity: string) => ({
    alert_id: `${kind}:${severity}`,
    kind,
    severity,
  });

  it("is counted by kind, the worst first", () => {
    const news = [alert("message", "info"), alert("alarm", "warning"), alert("alarm", "major")];
    expect(waiting(news)).toEqual([
      { kind: "alarm", count: 2, grave: true },
      { kind: "message", count: 1, grave: false },
    ]);
  });

  it("is every bill on which something is open, the one due first before the others", () => {
    const bill = (id: string, due_day: string | null, open_amount: string | null) => ({
      ...{ bill_id: id, month: "2016-06", due_day, payment_state: "open", open_amount },
    });
    const bills = [
      ...[bill("b", "2016-08-14", "3.00000000"), bill("a", "2016-07-14", "2.74000000")],
      ...[bill("paid", "2016-06-14", "0.00000000"), bill("void", null, null)],
    ];
    expect(owed(bills).map(({ bill_id }) => bill_id)).toEqual(["a", "b"]);
  });
});

it("advice that asks for an act leads to where it is done", () => {
  expect(ADVICE.PAY_IN_TO_TRADE).toEqual({ tone: "bad", to: "/bills" });
  expect(ADVICE.ALL_WELL?.to).toBeNull();
});

import { beforeAll, describe, expect, it } from "vitest";
import { Format } from "../../../src/language/format";
import { BASE, loadTexts, translator } from "../../../src/language/texts";
import type { Order, Price, Rule, Unit } from "../../../src/portal/screens/trade/answers";
import {
  bandAt,
  capabilityKwh,
  dayPrices,
  isOpen,
  leftKwh,
  percentOf,
  perKwh,
  ppmOf,
  ruleOf,
  sidesOf,
  usedPercent,
  valueOf,
  warningsOf,
} from "../../../src/portal/screens/trade/rules";
import { spanOf, totalKwh } from "../../../src/portal/screens/trade/legs";
import type { Say } from "../../../src/portal/screens/trade/texts";
import { sentence } from "../../../src/portal/screens/trade/why";

const battery: Unit = {
  unit_id: "b",
  participant_id: "p",
  area_id: "RUR",
  kind: "storage",
  injection_max_kw: "5.000",
  withdrawal_max_kw: "4.600",
  controllable: true,
  storage: null,
};

describe("a unit", () => {
  it("trades on the sides on which energy can flow", () => {
    expect(sidesOf(battery)).toEqual(["buy", "sell"]);
    expect(sidesOf({ ...battery, injection_max_kw: "0.000" })).toEqual(["buy"]);
  });
  it("can do in an interval what its power allows, to the Wh below", () => {
    expect(capabilityKwh(battery, "sell", 15)).toBe("1.250");
    expect(capabilityKwh({ ...battery, withdrawal_max_kw: "0.001" }, "buy", 15)).toBe("0.000");
  });
});

describe("an order", () => {
  it("is worth price times energy, exactly", () => {
    expect(valueOf("85.20", "1.250")).toBe("0.1065");
    expect(valueOf("-0.01", "0.001")).toBe("-0.00000001");
    expect(valueOf("", "1")).toBeNull();
  });
  it("is warned of before it would be refused", () => {
    const cover = { available: "0.10", state: "covered" } as const;
    const limits = { order_value_max: "0.05", exposure_max: null };
    const draft = { side: "buy", price: "100", kwh: "1.5" } as const;
    expect(warningsOf(draft, "1.25", cover, limits)).toEqual(["capability", "cover", "value_max"]);
    expect(warningsOf({ ...draft, side: "sell" }, "2", cover, undefined)).toEqual([]);
    expect(warningsOf({ ...draft, kwh: "1.000" }, "1", cover, undefined)).toEqual([]);
    const reduced = { available: "9", state: "reduce_only" } as const;
    expect(warningsOf({ ...draft, price: "" }, "2", reduced, undefined)).toEqual(["reduce_only"]);
  });
  it("is open as long as its gate is ahead and something is left", () => {
    const order = { state: "partially_filled", start: "2016-07-01T00:00:00Z" } as Order;
    expect(isOpen(order, Date.parse("2016-06-30T23:45:00Z"))).toBe(true);
    expect(isOpen(order, Date.parse("2016-07-01T00:00:00Z"))).toBe(false);
    expect(isOpen({ ...order, state: "filled" }, 0)).toBe(false);
    expect(leftKwh({ energy_kwh: "1.000", filled_kwh: "0.25" })).toBe("0.750");
  });
});

describe("prices", () => {
  const price = (area_id: string, hour: number, price_per_mwh: string | null) =>
    ({ area_id, start: `2016-07-01T0${hour}:00:00Z`, price_per_mwh }) as Price;
  it("of a day are those of one's own area", () => {
    const all = [price("A", 0, "9.50"), price("B", 0, "1.00"), price("A", 1, "100.00")];
    const at = Date.parse("2016-07-01T01:00:00Z");
    expect(dayPrices(all, "A", at)).toEqual({ now: "100.00", lowest: "9.50", highest: "100.00" });
    expect(dayPrices([price("A", 1, null)], "A", at)).toEqual({
      now: null,
      lowest: null,
      highest: null,
    });
  });
  it("are said per kWh too", () => {
    expect(perKwh("163.27")).toBe("0.16327");
    expect(perKwh(null)).toBeNull();
  });
  it("of last resort are those of the hour, also over midnight", () => {
    const night = { from_hour: 22, to_hour: 6, ask_per_mwh: "1", bid_per_mwh: "0" };
    expect([23, 5, 6].map((hour) => bandAt([night], hour) !== null)).toEqual([true, true, false]);
  });
});

describe("a rule", () => {
  it("is the last one given that holds", () => {
    const rule = (rule_id: string, withdrawn: boolean) =>
      ({ rule_id, unit_id: "b", withdrawn }) as Rule;
    expect(ruleOf([rule("1", false), rule("2", false), rule("3", true)], "b")?.rule_id).toBe("2");
    expect(ruleOf([rule("1", true)], "b")).toBeNull();
  });
  it("has a share that is written as percent and sent as parts per million", () => {
    expect([ppmOf("100"), ppmOf("33.3333"), ppmOf("0"), ppmOf("101"), ppmOf("0.00001")]).toEqual([
      1_000_000,
      333_333,
      null,
      null,
      null,
    ]);
    expect(percentOf(333_333)).toBe("33.3333");
  });
});

it("a limit is used to a part of it", () => {
  expect(usedPercent("25.5", "100.00")).toBe(25.5);
  expect(usedPercent("1", "0")).toBe(0);
});

it("legs add up, and reach from the first to the last", () => {
  const leg = (hour: number, energy_kwh: string) => ({
    start: `2016-07-01T0${hour}:00:00Z`,
    end: `2016-07-01T0${hour}:15:00Z`,
    energy_kwh,
  });
  const legs = [leg(2, "0.100"), leg(1, "0.250")];
  expect(totalKwh(legs)).toBe("0.350");
  expect(spanOf(legs)).toEqual({ start: leg(1, "").start, end: leg(2, "").end });
});

describe("why an order stands as it stands", () => {
  beforeAll(() => loadTexts("en", [...BASE, "trade"]));
  const means = () => ({
    t: translator("en", "trade") as Say,
    format: new Format("en", "Europe/Berlin"),
    currency: "EUR",
  });
  it("is a sentence with its figures", () => {
    const parameters = {
      call: "closing",
      start: "2016-06-30T18:00:00Z",
      limit_per_mwh: "110.00",
      price_per_mwh: "163.27",
      missed_by_per_mwh: "53.27",
      line: "GRID-RUR",
    };
    const told = sentence({ code: "out_of_the_money", parameters }, means());
    expect(told).toContain("163.27\u00a0EUR/MWh");
    expect(told).toContain("20:00");
    expect(told).toContain("The line GRID-RUR was full");
    expect(told).not.toMatch(/{{|undefined/);
  });
  it("is its short word where a figure is not known", () => {
    const parameters = { limit_per_mwh: "10.00", best_trade_per_mwh: null };
    expect(sentence({ code: "no_match_yet", parameters }, means())).toBe(
      "Nobody offers what it asks yet.",
    );
  });
  it("says how it ended", () => {
    const parameters = { reason: "system_match", code: "SELF_TRADE_PREVENTED", at: null };
    expect(sentence({ code: "cancelled", parameters }, means())).toBe(
      "Cancelled. By a rule of matching. It would have met an order of its owner.",
    );
  });
});

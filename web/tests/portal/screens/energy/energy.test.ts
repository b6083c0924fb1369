// Days, weeks and months of one's energy, also those on which the clocks change.

import { describe, expect, it } from "vitest";
import {
  barsOfDay,
  barsOfDays,
  daysOf,
  moved,
  rangeOf,
  slotsByDay,
  summary,
} from "../../../../src/portal/screens/energy/energy";
import type { EnergyPeriod, EnergySlot } from "../../../../src/portal/screens/own";

const ZONE = "Europe/Berlin";

const ENERGIES = {
  ...{ settled: true, produced_kwh: "1.000", used_kwh: "2.500" },
  ...{ charged_kwh: "0.000", discharged_kwh: "0.000", self_use_kwh: "0.700" },
  ...{ bought_kwh: "1.300", sold_kwh: "0.200", last_resort_kwh: "0.500", fed_in_kwh: "0.100" },
};

const slot = (start: string, covered: boolean | null, neighbours: string | null): EnergySlot => ({
  ...{ ...ENERGIES, start, end: start, covered, neighbours_kwh: neighbours },
});

const period = (day: string, more: Partial<EnergyPeriod> = {}): EnergyPeriod => ({
  ...{ ...ENERGIES, period: day, intervals: 96, neighbours_kwh: "0.400" },
  ...{ used_intervals: 96, covered_intervals: 48 },
  ...{ peak_import_kw: "2.800", peak_import_at: `${day}T10:00:00Z` },
  ...{ peak_export_kw: "0.000", peak_export_at: null },
  ...more,
});

describe("a view", () => {
  it("is a day, a week from Monday on, or a month", () => {
    expect(rangeOf("day", "2016-07-01")).toEqual({ from: "2016-07-01", to: "2016-07-01" });
    expect(rangeOf("week", "2016-07-01")).toEqual({ from: "2016-06-27", to: "2016-07-03" });
    expect(rangeOf("week", "2016-07-03").from).toBe("2016-06-27");
    expect(rangeOf("month", "2016-02-10")).toEqual({ from: "2016-02-01", to: "2016-02-29" });
  });

  it("is followed by the next one and preceded by the one before", () => {
    expect(moved("week", "2016-07-01", 1)).toBe("2016-07-04");
    expect(moved("month", "2016-03-31", -1)).toBe("2016-02-01");
    expect(moved("month", "2016-12-05", 1)).toBe("2017-01-01");
  });

  it("has every one of its days", () => {
    expect(daysOf({ from: "2016-06-29", to: "2016-07-02" })).toEqual([
      ...["2016-06-29", "2016-06-30", "2016-07-01", "2016-07-02"],
    ]);
  });
});

describe("the bars of a day", () => {
  it("are 96, in spring 92, in autumn 100", () => {
    const count = (day: string) => barsOfDay(day, ZONE, 15, []).length;
    expect(["2016-07-01", "2016-03-27", "2016-10-30"].map(count)).toEqual([96, 92, 100]);
  });

  it("tell the two hours of autumn apart", () => {
    const first = slot("2016-10-30T00:15:00Z", true, "1.300");
    const second = slot("2016-10-30T01:15:00Z", false, "0.300");
    const read = barsOfDay("2016-10-30", ZONE, 15, [first, second]).filter((each) => each.read);
    expect(read.map(({ start, covered }) => [start, covered])).toEqual([
      ["2016-10-30T00:15:00Z", true],
      ["2016-10-30T01:15:00Z", false],
    ]);
  });

  it("are what was used by where it came from, and add up to it", () => {
    const [bar] = barsOfDay("2016-07-01", ZONE, 15, [slot("2016-06-30T22:00:00Z", false, "0.400")]);
    expect(bar).toMatchObject({
      ...{ own: "0.700", neighbours: "0.400", elsewhere: "0.900", last_resort: "0.500" },
    });
  });

  it("say nothing of neighbours where nothing is known of them", () => {
    const [bar] = barsOfDay("2016-07-01", ZONE, 15, [slot("2016-06-30T22:00:00Z", null, null)]);
    expect(bar).toMatchObject({ neighbours: "0", elsewhere: "1.300" });
  });

  it("stand with their day where days lie one above the other", () => {
    const slots = [
      slot("2016-06-30T21:45:00Z", true, null),
      slot("2016-06-30T22:00:00Z", false, null),
    ];
    const days = slotsByDay(["2016-06-30", "2016-07-01"], ZONE, 15, slots);
    expect(days.map(({ bars }) => bars.findIndex(({ read }) => read))).toEqual([95, 0]);
  });
});

it("a day without a reading has a bar that says so", () => {
  const bars = barsOfDays(["2016-06-30", "2016-07-01"], [period("2016-07-01")]);
  expect(bars.map(({ read, covered }) => [read, covered])).toEqual([
    [false, null],
    [true, false],
  ]);
});

describe("all together", () => {
  it("adds energies exactly, and takes the highest peak with its time", () => {
    const sums = summary([
      period("2016-06-30"),
      period("2016-07-01", { peak_import_kw: "11.000", settled: false }),
    ]);
    expect(sums).toMatchObject({ used: "5.000", neighbours: "0.800", settled: false });
    expect(sums?.import_peak).toEqual({ kw: "11.000", at: "2016-07-01T10:00:00Z" });
    expect(sums?.export_peak).toBeNull();
    expect([sums?.covered_intervals, sums?.used_intervals]).toEqual([96, 192]);
  });

  it("is nothing where nothing was read", () => {
    expect(summary([])).toBeNull();
  });
});

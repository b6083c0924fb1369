// Certificates by where they come from, and how green a day was.

import { describe, expect, it } from "vitest";
import { group, groups, sharePpm, type Lot } from "../../../../src/portal/screens/green/green";

const lot = (more: Partial<Lot>): Lot => ({
  ...{ day: "2016-06-30", unit_id: "u", source: "wind", area_id: "RUR" },
  ...{ own_use_kwh: "2.165", used_kwh: "1.534", kept_kwh: "1.248", received_kwh: "0.000" },
  ...{ given_kwh: "0.000", retired_kwh: "0.000", exported_kwh: "0.000" },
  ...{ held_kwh: "1.248", owed_kwh: "0.000" },
  ...more,
});

describe("certificates", () => {
  it("are added up exactly; what is owed is not held", () => {
    expect(group("", [lot({}), lot({ owed_kwh: "0.248" })])).toMatchObject({
      ...{ used: "7.398", kept: "2.496", held: "2.248" },
    });
  });

  it("stand by source, by place, or by day with the latest first", () => {
    const lots = [
      ...[lot({}), lot({ source: "solar", area_id: "SEM", day: "2016-07-01" })],
      lot({ source: "solar" }),
    ];
    const keys = (by: "source" | "area_id" | "day") => groups(lots, by).map(({ key }) => key);
    expect(keys("source")).toEqual(["solar", "wind"]);
    expect(keys("area_id")).toEqual(["RUR", "SEM"]);
    expect(keys("day")).toEqual(["2016-07-01", "2016-06-30"]);
  });
});

describe("the green part of a day", () => {
  const row = (scope: string, used_kwh: string, green_kwh: string) => ({
    scope,
    used_kwh,
    green_kwh,
  });

  it("is weighed by what was used, not by intervals", () => {
    const rows = [
      row("own", "1.000", "1.000"),
      row("own", "3.000", "0.000"),
      row("market", "9", "9"),
    ];
    expect(sharePpm(rows, "own")).toBe(250_000);
    expect(sharePpm(rows, "market")).toBe(1_000_000);
  });

  it("is unknown where nothing was used", () => {
    expect(sharePpm([row("own", "0.000", "0.000")], "own")).toBeNull();
    expect(sharePpm([], "own")).toBeNull();
  });
});

import { expect, test } from "vitest";
import {
  areaIn,
  idsOf,
  movedAreas,
  priceChange,
  whatIfRows,
  type CallShown,
  type WhatIf,
} from "../../../src/console/screens/curves/whatIf";

const call = (rur: string | null, sem: string): CallShown => ({
  ...{ rung: "optimal", welfare: "1.00000000" },
  areas: [
    {
      ...{ area_id: "RUR", price_per_mwh: rur, sold_kwh: "1.000", bought_kwh: "1.500" },
      supply: [
        ["60.00", "0.500"],
        ["95.00", "1.200"],
      ],
      demand: [["150.00", "0.900"]],
    },
    {
      ...{ area_id: "SEM", price_per_mwh: sem, sold_kwh: "0.000", bought_kwh: "0.000" },
      ...{ supply: [], demand: [] },
    },
    {
      ...{ area_id: "market", price_per_mwh: null, sold_kwh: "1.000", bought_kwh: "1.500" },
      ...{ supply: [], demand: [] },
    },
  ],
});
const found = (changes: Partial<WhatIf> = {}): WhatIf => ({
  ...{ run_id: "closing-1", start: "2016-07-01T00:00:00Z", removed: 1, faults: [], took_ms: 1 },
  ...{ before: call("110.10", "80.00"), after: call("120.00", "80.00") },
  ...changes,
});

test("ids are taken apart at blanks and commas of both languages", () => {
  expect(idsOf(" ord-1, ord-2，ord-3\n")).toEqual(["ord-1", "ord-2", "ord-3"]);
  expect(idsOf("  ")).toEqual([]);
});

test("a change of price is exact, and none where there is no price", () => {
  expect(priceChange(found(), "RUR")).toBe("9.90");
  expect(priceChange(found({ after: call(null, "80.00") }), "RUR")).toBeNull();
  expect(priceChange(found(), "market")).toBeNull();
});

test("areas whose price would be another are named, the sum of all is none", () => {
  expect(movedAreas(found())).toEqual(["RUR"]);
  expect(movedAreas(found({ after: found().before }))).toEqual([]);
});

test("both curves are rows of one table", () => {
  const rows = whatIfRows(found(), "RUR");
  expect(rows).toHaveLength(6);
  expect(rows.filter(({ which }) => which === "after").map(({ stepKwh }) => stepKwh)).toEqual([
    ...["0.500", "0.700", "0.900"],
  ]);
  expect(areaIn(found().after, "nowhere")).toBeNull();
});

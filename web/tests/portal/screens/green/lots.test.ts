// Which certificates an act takes.

import { describe, expect, it } from "vitest";
import {
  bundlesIn,
  freeKwh,
  greenPpm,
  LOTS_MOST,
  takeForUse,
  takeOldest,
  type HeldLot,
} from "../../../../src/portal/screens/green/lots";

const at = (minute: number) => new Date(Date.UTC(2016, 5, 30, 20, minute)).toISOString();
const lot = (minute: number, held_kwh: string, more: Partial<HeldLot> = {}): HeldLot => ({
  ...{ unit_id: "u", source: "wind", area_id: "RUR", start: at(minute), held_kwh },
  ...{ owed_kwh: "0.000" },
  ...more,
});
const use = (minute: number, used_kwh: string, green_kwh: string) => ({
  ...{ start: at(minute), used_kwh, green_kwh },
});

describe("what may be given away", () => {
  it("is held less owed, and never below nothing", () => {
    expect(freeKwh([lot(0, "1.500"), lot(15, "0.000", { owed_kwh: "0.400" })])).toBe("1.100");
    expect(Number(freeKwh([lot(0, "0.000", { owed_kwh: "0.400" })]))).toBe(0);
  });

  it("leaves in whole bundles of 1 MWh", () => {
    expect(["999.999", "1000.000", "2500"].map(bundlesIn)).toEqual([0, 1, 2]);
  });
});

describe("giving away", () => {
  it("takes the oldest first, the last one in part", () => {
    const { parts, kwh } = takeOldest([lot(30, "5"), lot(0, "0.300"), lot(15, "0.2")], "0.45");
    expect(parts.map((part) => [part.start, part.energy_kwh])).toEqual([
      [at(0), "0.300"],
      [at(15), "0.150"],
    ]);
    expect(kwh).toBe("0.450");
  });

  it("takes no more than there is, and no more lots than an act may name", () => {
    expect(takeOldest([lot(0, "0.300")], "9").kwh).toBe("0.300");
    const many = Array.from({ length: LOTS_MOST + 1 }, (_, minute) => lot(minute, "0.001"));
    expect(takeOldest(many, "9").parts).toHaveLength(LOTS_MOST);
    expect(takeOldest(many, "0").parts).toEqual([]);
  });
});

describe("retiring for use", () => {
  const uses = [use(0, "1.000", "0.400"), use(15, "0.500", "0.500")];

  it("covers an interval only as far as it is not green yet, whichever lots do it", () => {
    const lots = [lot(0, "0.500"), lot(0, "0.500", { unit_id: "v" }), lot(15, "9"), lot(30, "9")];
    expect(takeForUse(lots, uses).parts).toEqual([
      { unit_id: "u", start: at(0), energy_kwh: "0.500" },
      { unit_id: "v", start: at(0), energy_kwh: "0.100" },
    ]);
  });

  it("may be less", () => {
    expect(takeForUse([lot(0, "0.500")], uses, "0.2").kwh).toBe("0.2");
  });

  it("says how green the day becomes", () => {
    expect(greenPpm(uses)).toBe(600_000);
    expect(greenPpm(uses, "0.600")).toBe(1_000_000);
    expect(greenPpm([])).toBeNull();
  });
});

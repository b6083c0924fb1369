// How a device stands, and what its meter has read.

import { describe, expect, it } from "vitest";
import {
  byNeed,
  cancelled,
  fullPercent,
  gapsOf,
  readRows,
  standing,
} from "../../../../src/portal/screens/devices/devices";
import type { Device, MeterReading } from "../../../../src/portal/screens/own";

const NOW = Date.parse("2016-07-01T12:00:00Z");
const around = { from: "2016-07-01T11:00:00Z", until: "2016-07-01T13:00:00Z" };
const over = { from: "2016-07-01T09:00:00Z", until: "2016-07-01T12:00:00Z" };
const maxima = { withdrawal_max_kw: "5.000", injection_max_kw: "5.000" };

const reading = (start: string, more: Partial<MeterReading> = {}): MeterReading => ({
  ...{ unit_id: "u", area_id: "A", start, end: start, sequence: null, measured_at: null },
  ...{ reactive_kvar: null, signature: null, older: false },
  ...{ consumption_kwh: "0.100", generation_kwh: "0.000" },
  ...{ state_of_charge_kwh: null, substituted: false, power_kw: null, voltage_pu: null },
  ...{ frequency_hz: null, doubt: null, late: false },
  ...more,
});

const device = (more: Partial<Device> = {}): Device => ({
  ...{ unit_id: "u", participant_id: "p", area_id: "A", kind: "storage", ...maxima },
  storage: {
    ...{ capacity_kwh: "10.000", start_kwh: "0.000" },
    ...{ efficiency_charge_ppm: 950_000, efficiency_discharge_ppm: 950_000 },
  },
  ...{ controllable: true, report: null },
  ...{ reading: null, silent: false, setpoint: null, limits: [], outage: null, alarms: [] },
  ...more,
});

const alarm: Device["alarms"][number] = {
  ...{ alarm_id: "a", kind: "tripped", severity: "major", state: "open" },
  raised_at: "2016-07-01T11:00:00Z",
};

describe("a device", () => {
  it("works as long as nothing is wrong", () => {
    expect(standing(device(), NOW)).toBe("well");
  });

  it("stands as the worst that is wrong with it", () => {
    expect(standing(device({ alarms: [alarm], silent: true }), NOW)).toBe("alarm");
    expect(standing(device({ silent: true }), NOW)).toBe("silent");
    expect(standing(device({ outage: { ...around, reason: "moved" }, silent: true }), NOW)).toBe(
      "outage",
    );
  });

  it("is limited only while somebody holds it back", () => {
    const limits = (times: object, reason: string) => [
      { unit_id: "u", sequence: 1, ...around, ...times, ...maxima, reason },
    ];
    expect(standing(device({ limits: limits({}, "grid") }), NOW)).toBe("limited");
    expect(standing(device({ limits: limits(over, "grid") }), NOW)).toBe("well");
    expect(standing(device({ limits: limits({}, "") }), NOW)).toBe("well");
  });

  it("that needs somebody stands before the others", () => {
    const sorted = byNeed(
      [
        ...[device({ unit_id: "b" }), device({ unit_id: "a" })],
        ...[device({ unit_id: "z", alarms: [alarm] }), device({ unit_id: "y", silent: true })],
      ],
      NOW,
    );
    expect(sorted.map(({ unit_id }) => unit_id)).toEqual(["z", "y", "a", "b"]);
  });

  it("that stores is so full as it says, else as its meter does", () => {
    const read = reading("2016-07-01T11:00:00Z", { state_of_charge_kwh: "6.000" });
    expect(fullPercent(device({ reading: read }))).toBe(60);
    expect(fullPercent(device())).toBeNull();
    expect(fullPercent(device({ reading: read, storage: null }))).toBeNull();
  });
});

describe("readings of a day", () => {
  const rows = (starts: string[]) =>
    readRows(
      "2016-07-01",
      "UTC",
      15,
      starts.map((each) => reading(each)),
      Date.parse("2016-07-01T02:00:00Z"),
    );

  it("stand in all intervals of the day", () => {
    expect(rows([]).length).toBe(96);
    expect(readRows("2016-10-30", "Europe/Berlin", 15, [], NOW).length).toBe(100);
  });

  it("are missed once the meter had its time", () => {
    const missing = rows(["2016-07-01T00:15:00Z"]).filter((each) => each.missing);
    expect(missing.map(({ start }) => start)).toEqual([
      ...["2016-07-01T00:00:00Z", "2016-07-01T00:30:00Z", "2016-07-01T00:45:00Z"],
      ...["2016-07-01T01:00:00Z", "2016-07-01T01:15:00Z"],
    ]);
  });

  it("have gaps, neighbouring intervals as one", () => {
    expect(gapsOf(rows(["2016-07-01T00:15:00Z"]))).toEqual([
      { start: "2016-07-01T00:00:00Z", end: "2016-07-01T00:15:00Z" },
      { start: "2016-07-01T00:30:00Z", end: "2016-07-01T01:30:00Z" },
    ]);
  });
});

it("an outage cancels what the device has open in its time, and nothing else", () => {
  const orders = [
    ...[
      { unit_id: "u", start: around.from },
      { unit_id: "u", start: around.until },
    ],
    { unit_id: "v", start: around.from },
  ];
  expect(cancelled(orders, "u", around.from, around.until)).toBe(1);
});

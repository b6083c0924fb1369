import { expect, it } from "vitest";
import { cutBars, reasonsOf, totalKwh } from "../../../../src/console/screens/grid/cuts";
import {
  busRows,
  elementRows,
  extremes,
  signedLoading,
} from "../../../../src/console/screens/grid/network";
import {
  acknowledged,
  countsOf,
  found,
  hear,
  isShown,
  overlaid,
  runsAt,
  standing,
  summed,
  type Heard,
} from "../../../../src/console/screens/grid/units";
import type {
  Curtailment,
  Network,
  PowerFlow,
  UnitRow,
} from "../../../../src/console/screens/grid/wire";
import { on } from "../../../wire";

const ROW: UnitRow = {
  ...{ unit_id: "rur-00-wind", participant_id: "rur-00", area_id: "RUR", kind: "wind" },
  ...{ controllable: true, injection_max_kw: "8.000", withdrawal_max_kw: "0.000" },
  ...{ state: "normal", cause: "in_touch", connected: true, heard_at: null, sockets: 1 },
  ...{ target_kw: "2.000", power_kw: "1.900", voltage_pu: null },
  ...{ setpoint_kw: "2.000", setpoint_start: "2016-07-01T00:45:00Z" },
  ...{ setpoint_until: "2016-07-01T01:00:00Z", setpoint_sequence: 3 },
  ...{ limit_injection_kw: null, limit_withdrawal_kw: null, limit_until: null },
  ...{ limit_reason: null, metered_kw: "1.776", metered_start: null, silent: false },
  ...{ stopped: null, outage_until: null, alarms: 0, severity: null },
};
const row = (change: Partial<UnitRow> = {}): UnitRow => ({ ...ROW, ...change });

const message = (type: "snapshot" | "delta", data: object) => on("area", "RUR", type, 1, data);

it.each<[string, Partial<UnitRow>]>([
  ["well", {}],
  ["unheard", { state: null, target_kw: null }],
  ["apart", { target_kw: "1.000" }],
  ["stale", { state: "stale" }],
  ["overridden", { limit_reason: "operator_limit", state: "stale" }],
  ["stop", { stopped: "stop", limit_reason: "stopped" }],
  ["silent", { silent: true, stopped: "stop" }],
  ["alarm", { severity: "major", silent: true }],
  ["silent", { severity: "info", silent: true }],
  ["failsafe", { state: "failsafe", severity: "critical" }],
  ["locked", { state: "locked" }],
  ["emergency_stop", { stopped: "emergency_stop", state: "locked" }],
])("what a person has to know of first is said first: %s", (stands, change) => {
  expect(standing(row(change))).toBe(stands);
});

it("a unit follows what it was told when the figures are the same, however they are written", () => {
  expect(acknowledged(row({ target_kw: "2.0" }))).toBe(true);
  expect(acknowledged(row({ target_kw: "-2.000" }))).toBe(false);
  expect(acknowledged(row({ setpoint_kw: null }))).toBeNull();
});

it("what it runs at is its own word before its meter's", () => {
  expect(runsAt(row())).toEqual({ kw: "1.900", metered: false });
  expect(runsAt(row({ power_kw: null }))).toEqual({ kw: "1.776", metered: true });
  expect(runsAt(row({ power_kw: null, metered_kw: null }))).toBeNull();
});

it("watts are summed exactly", () => {
  expect(summed(["0.100", "0.200", null, "-0.700"])).toBe("-0.400");
  expect(summed([null])).toBeNull();
});

it("what areas' channels say lies over what was read, by the time it holds", () => {
  const setpoint = (start: string, until: string, target_kw: string, sequence: number) => ({
    ...{ unit_id: ROW.unit_id, start, until, target_kw, wait_s: 0, before_kw: "0.000", sequence },
  });
  const running = setpoint("2016-07-01T00:45:00Z", "2016-07-01T01:00:00Z", "2.500", 4);
  const coming = setpoint("2016-07-01T01:00:00Z", "2016-07-01T01:15:00Z", "3.000", 5);
  let heard: Heard = new Map();
  heard = hear(
    heard,
    message("snapshot", {
      ...{ units: [ROW.unit_id], setpoints: [running, coming], limits: [] },
      reports: [],
    }),
  );
  const at = (text: string) =>
    overlaid(row(), heard.get(ROW.unit_id), Date.parse(text)).setpoint_kw;
  expect(at("2016-07-01T00:50:00Z")).toBe("2.500");
  expect(at("2016-07-01T01:00:00Z")).toBe("3.000");
  const said = {
    ...{ event: "state", unit_id: ROW.unit_id, state: "failsafe", cause: "grid_lost" },
    ...{ connected: true, target_kw: "0.000", power_kw: null, voltage_pu: null },
    at: "2016-07-01T00:51:00Z",
  };
  heard = hear(heard, message("delta", said));
  heard = hear(
    heard,
    message("delta", { event: "setpoints", setpoints: [{ ...running, target_kw: "0.500" }] }),
  );
  const shown = overlaid(row(), heard.get(ROW.unit_id), Date.parse("2016-07-01T00:52:00Z"));
  expect([shown.state, shown.heard_at, shown.setpoint_kw]).toEqual([
    ...["failsafe", "2016-07-01T00:51:00Z", "0.500"],
  ]);
  const same = hear(heard, message("delta", { event: "grid_checked" }));
  expect(same).toBe(heard);
});

it("limits hold from when to when they say", () => {
  const limit = {
    ...{ unit_id: ROW.unit_id, from: "2016-07-01T00:45:00Z", until: "2016-07-01T01:00:00Z" },
    ...{ withdrawal_max_kw: "0.000", injection_max_kw: "1.000", reason: "operator_limit" },
  };
  const heard = hear(new Map(), message("delta", { event: "limits", limits: [limit] }));
  const words = heard.get(ROW.unit_id);
  const at = (text: string) => overlaid(row(), words, Date.parse(text)).limit_reason;
  expect(at("2016-07-01T00:50:00Z")).toBe("operator_limit");
  expect(at("2016-07-01T01:00:00Z")).toBeNull();
});

it("units are counted and chosen by what is the matter", () => {
  const rows = [
    ...[row(), row({ silent: true }), row({ state: "failsafe" }), row({ stopped: "stop" })],
    row({ state: null, target_kw: null }),
  ];
  expect(countsOf(rows)).toEqual({
    ...{ units: 5, heard: 4, silent: 1, failsafe: 1, overridden: 1, needs: 2 },
  });
  expect(rows.filter((each) => isShown(each, "all"))).toHaveLength(5);
  expect(found(row(), "rur wind")).toBe(true);
  expect(found(row(), "sem")).toBe(false);
});

const NETWORK: Network = {
  ...{ area_id: "RUR", version: 1, source_bus: "S", source_voltage_ppm: 1_000_000 },
  buses: ["S", "A"].map((bus_id, index) => ({
    ...{ bus_id, rated_v: 400, voltage_min_ppm: 900_000, voltage_max_ppm: 1_100_000 },
    ...{ longitude_udeg: 11_000_000 + 10 * index, latitude_udeg: 60_000_000 + index },
  })),
  lines: [
    {
      ...{ line_id: "L", from_bus: "S", to_bus: "A", length_mm: 60_000, current_max_ma: 60_000 },
      ...{ resistance_uohm_per_km: 0, reactance_uohm_per_km: 0, capacitance_ff_per_km: 0 },
    },
  ],
  transformers: [],
  placements: [{ member_id: "a", bus_id: "A" }],
};
const FLOW: PowerFlow = {
  ...{ area_id: "RUR", start: "", by: "schedule", units: 1, units_read: 0, version: 1 },
  ...{ solved: true, loss_kw: "0.001", source_kw: "-5.000" },
  buses: [
    { bus_id: "S", voltage_pu: "1.000000" },
    { bus_id: "A", voltage_pu: "1.110000" },
  ],
  lines: [{ line_id: "L", loading_pu: "1.200000", power_kw: "-5.000" }],
  transformers: [],
};

it("a grid stands as its coordinates say: north up, east narrower the further north", () => {
  const [station, roof] = busRows(NETWORK, undefined);
  expect((roof?.x ?? 0) - (station?.x ?? 0)).toBeCloseTo(5, 3);
  expect((roof?.y ?? 0) - (station?.y ?? 0)).toBe(-1);
  expect([roof?.voltagePu, roof?.outside, roof?.members]).toEqual([null, null, ["a"]]);
});

it("what is outside its limits is told, with the way in which it flows", () => {
  const [buses, elements] = [busRows(NETWORK, FLOW), elementRows(NETWORK, FLOW)];
  const worst = extremes(buses, elements);
  expect([worst.highest?.id, worst.lowest?.id, worst.fullest?.id]).toEqual(["A", "S", "L"]);
  expect(worst.broken).toBe(2);
  expect(buses[1]?.outside).toBe("high");
  expect(elements.map(signedLoading)).toEqual([-1.2]);
  expect(extremes(busRows(NETWORK, undefined), elementRows(NETWORK, undefined)).fullest).toBeNull();
});

it("what units were kept from is summed by interval and reason", () => {
  const cut = (start: string, energy_kwh: string, reason: Curtailment["reason"]): Curtailment => ({
    ...{ unit_id: "a", start, from: start, until: start, change_kw: "0", energy_kwh, reason },
  });
  const cuts = [
    cut("2016-07-01T01:00:00Z", "-0.254", "stopped"),
    cut("2016-07-01T00:45:00Z", "0.100", "trip"),
    cut("2016-07-01T00:45:00Z", "-0.374", "stopped"),
  ];
  expect(cutBars(cuts).map(({ start, byReason }) => [start, [...byReason]])).toEqual([
    ["2016-07-01T00:45:00Z", [["trip", 0.1], ["stopped", 0.374]]], // prettier-ignore
    ["2016-07-01T01:00:00Z", [["stopped", 0.254]]],
  ]);
  expect(reasonsOf(cuts)).toEqual(["stopped", "trip"]);
  expect(totalKwh(cuts)).toBe("0.728");
});

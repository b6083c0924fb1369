import { expect, test } from "vitest";
import {
  ending,
  held,
  unitsOf,
  type Narrowing,
} from "../../../../src/console/screens/control/control";
import type { Unit } from "../../../../src/wire/units";

const narrowing = (changes: Partial<Narrowing> = {}): Narrowing => ({
  act_id: "act-7",
  kind: "limit",
  level: "unit",
  member_id: "rur-01-battery",
  from: "2016-06-30T20:00:00Z",
  until: null,
  withdrawal_max_kw: "2.000",
  injection_max_kw: null,
  reason: "A transformer is being repaired.",
  by: "olga",
  of_area: null,
  since: "2016-06-30T20:00:00Z",
  ...changes,
});
const alone = { area_id: "RUR", reason: "Storm.", by: "olga", since: "2016-06-30T21:00:00Z" };

test("what holds is one list, the newest first", () => {
  const rows = held({ narrowings: [narrowing()], decoupled: [alone], proposals: [] });
  expect(rows.map(({ what }) => what)).toEqual(["decoupled", "narrowing"]);
});

test("a limit is released by its act, a stop is started, an emergency stop released as a whole", () => {
  const end = (row: Narrowing) => ending({ what: "narrowing", ...row });
  expect(end(narrowing())).toMatchObject({ kind: "release", limit_id: "act-7" });
  expect(end(narrowing({ kind: "stop" }))).toMatchObject({ kind: "start", limit_id: null });
  expect(end(narrowing({ kind: "emergency_stop", level: "market" }))).toMatchObject({
    kind: "release",
    level: "market",
    limit_id: null,
  });
  expect(ending({ what: "decoupled", ...alone })).toMatchObject({
    kind: "couple",
    level: "area",
    member_id: "RUR",
  });
});

test("a scope means the units that are in it, and no others", () => {
  const unit = (unit_id: string, participant_id: string, area_id: string): Unit => ({
    unit_id,
    participant_id,
    area_id,
    kind: "load",
    injection_max_kw: "0.000",
    withdrawal_max_kw: "12.000",
    controllable: false,
    storage: null,
  });
  const units = [
    unit("a-load", "a", "RUR"),
    unit("a-wind", "a", "RUR"),
    unit("b-load", "b", "SEM"),
  ];
  const names = (...asked: [Parameters<typeof unitsOf>[1], string]) =>
    unitsOf(units, ...asked).map(({ unit_id }) => unit_id);
  expect(names("market", "")).toHaveLength(3);
  expect(names("area", "RUR")).toEqual(["a-load", "a-wind"]);
  expect(names("participant", "b")).toEqual(["b-load"]);
  expect(names("unit", "a-wind")).toEqual(["a-wind"]);
  expect(names("client", "a")).toEqual([]);
  expect(names("area", "")).toEqual([]);
});

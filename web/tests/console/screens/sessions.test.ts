import { expect, it } from "vitest";
import {
  deadlines,
  earlierStarts,
  GRACE_MS,
  hourRows,
  isOverdue,
  markOf,
  marks,
  moved,
  nextStep,
} from "../../../src/console/screens/sessions/calendar";
import { isTrouble, roadEvents } from "../../../src/console/screens/sessions/events";
import type { Session, SessionTimeline } from "../../../src/console/wire";
import { dayStarts } from "../../../src/language/zone";
import type { Phase } from "../../../src/wire/types";

const ROME = "Europe/Rome";
const MINUTE = 60_000;

function session(startMs: number, phase: Phase, more: Partial<Session> = {}): Session {
  const at = (ms: number) => new Date(ms).toISOString();
  return {
    ...{ session: "closing", start: at(startMs), end: at(startMs + 15 * MINUTE), phase },
    ...{ opens_at: at(startMs - 60 * MINUTE), gate_at: at(startMs - 15 * MINUTE) },
    ...{ ends_at: at(startMs + 15 * MINUTE), settles_at: at(startMs + 30 * MINUTE) },
    ...{ rung: null, solve_ms: null, trades: null, receipt_hash: null, audit_faults: null },
    ...more,
  };
}

const dayOf = (date: string) => dayStarts(date, ROME, 15).map((ms) => session(ms, "scheduled"));

it.each([
  ["2016-07-01", 24],
  ["2016-03-27", 23],
  ["2016-10-30", 25],
])("%s has %i hours of four sessions", (date, hours) => {
  const rows = hourRows(dayOf(date), ROME);
  expect(rows).toHaveLength(hours);
  expect(rows.every(({ sessions }) => sessions.length === 4)).toBe(true);
  expect(new Set(rows.map(({ key }) => key)).size).toBe(hours);
});

it("the hour that comes twice has its two names", () => {
  const labels = hourRows(dayOf("2016-10-30"), ROME).map(({ label }) => label);
  expect(labels.slice(0, 5)).toEqual(["00", "01", "3A", "3B", "03"]);
});

const NOON = Date.parse("2016-07-01T12:00:00Z");

it.each<[Phase, ReturnType<typeof nextStep>]>([
  ["scheduled", "close_gate"],
  ["halt", "close_gate"],
  ["locked", "clear"],
  ["delivery_lock", "end_delivery"],
  ["settling", "settle"],
  ["settled", null],
])("a session in phase %s has to do %s next", (phase, step) => {
  expect(nextStep(session(NOON, phase))).toBe(step);
});

it("the next deadlines: one of each step, soonest first, at the same time the gate first", () => {
  const found = deadlines([
    session(NOON - 45 * MINUTE, "settling"),
    session(NOON - 30 * MINUTE, "delivery_lock"),
    session(NOON, "call"),
    session(NOON + 15 * MINUTE, "call"),
  ]);
  expect(found.map(({ step, dueMs }) => [step, (dueMs - NOON) / MINUTE])).toEqual([
    ["close_gate", -15],
    ["end_delivery", -15],
    ["settle", -15],
  ]);
});

it("a session is overdue only some time after its deadline", () => {
  const open = session(NOON, "call");
  const gate = NOON - 15 * MINUTE;
  expect(isOverdue(open, gate + GRACE_MS)).toBe(false);
  expect(isOverdue(open, gate + GRACE_MS + 1)).toBe(true);
  expect(isOverdue(session(NOON, "settled"), gate + 1e9)).toBe(false);
});

it("the worst is said of a session, and how many there are of each", () => {
  const day = [
    session(NOON, "settled", { rung: "optimal" }),
    session(NOON, "settled", { rung: "feasible" }),
    session(NOON, "settled", { rung: "cancelled" }),
    session(NOON, "settled", { rung: "merit_order", audit_faults: ["energy"] }),
    session(NOON, "halt"),
  ];
  expect(day.map((each) => markOf(each, null))).toEqual([
    null,
    "lesser",
    "cancelled",
    "fault",
    "stopped",
  ]);
  expect(marks(day, null)).toEqual([
    ["fault", 1],
    ["cancelled", 1],
    ["stopped", 1],
    ["lesser", 1],
  ]);
  expect(markOf(session(NOON, "call"), NOON)).toBe("overdue");
});

it("arrow keys move through the calendar and stop at its edges", () => {
  const day = dayOf("2016-07-01");
  const rows = hourRows(day, ROME);
  const at = (index: number) => day[index]?.start ?? "";
  expect(moved(rows, at(0), "ArrowLeft")).toBe(at(0));
  expect(moved(rows, at(3), "ArrowRight")).toBe(at(4));
  expect(moved(rows, at(5), "ArrowDown")).toBe(at(9));
  expect(moved(rows, at(5), "ArrowUp")).toBe(at(1));
  expect(moved(rows, at(5), "End")).toBe(at(95));
  expect(moved(rows, at(5), "Home")).toBe(at(0));
  expect(moved(rows, at(5), "x")).toBe(at(5));
});

it("the same time of earlier days is by the clock on the wall", () => {
  const found = earlierStarts(Date.parse("2016-10-31T11:00:00Z"), ROME, 2);
  expect(found.map((ms) => new Date(ms).toISOString())).toEqual([
    "2016-10-30T11:00:00.000Z",
    "2016-10-29T10:00:00.000Z",
  ]);
});

it("a day that has no such time has no session to compare with", () => {
  expect(earlierStarts(Date.parse("2016-03-28T00:15:00Z"), ROME, 1)).toEqual([]);
});

it("steps meet their deadlines, stops stand where they happened, the grid's check is no step", () => {
  const step = (what: string, at: string) => ({
    ...{ at, what, phase: null, area_id: null, until: null, reason: null, by: [] },
  });
  const told: SessionTimeline = {
    ...{ session: "closing", start: "", end: "", opens_at: "", gate_at: "", clearing: null },
    deadlines: [
      { what: "open_call", at: "2016-07-01T10:00:00Z" },
      { what: "close_gate", at: "2016-07-01T11:45:00Z" },
      { what: "grid_check", at: "2016-07-01T11:50:00Z" },
      { what: "settle", at: "2016-07-01T12:30:00Z" },
    ],
    steps: [
      step("open_call", "2016-07-01T10:00:00Z"),
      { ...step("decouple", "2016-07-01T11:00:00Z"), area_id: "RUR", reason: "line is out" },
    ],
  };
  const events = roadEvents(told);
  expect(events.map(({ what, at, deadline }) => [what, at !== null, deadline !== null])).toEqual([
    ["open_call", true, true],
    ["decouple", true, false],
    ["close_gate", false, true],
    ["settle", false, true],
  ]);
  expect(events.filter(isTrouble).map(({ what }) => what)).toEqual(["decouple"]);
});

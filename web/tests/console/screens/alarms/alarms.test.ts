import { expect, test } from "vitest";
import { byUrgency, type Alarm } from "../../../../src/console/alarms";
import { counts, oldestOpen } from "../../../../src/console/screens/alarms/alarms";
import { FIRST, heard } from "../../../../src/console/screens/alarms/notices";
import { on } from "../../../wire";

const alarm = (id: string, changes: Partial<Alarm> = {}): Alarm => ({
  alarm_id: id,
  kind: "tripped",
  severity: "major",
  level: "unit",
  member_id: "rur-01-battery",
  parameters: {},
  state: "open",
  raised_at: "2016-06-30T20:00:00Z",
  raised_by: null,
  acknowledged_at: null,
  acknowledged_by: null,
  closed_at: null,
  closed_by: null,
  comments: [],
  ...changes,
});

test("what nobody has taken on comes first, the worst of it, the oldest of that", () => {
  const alarms = [
    alarm("taken", { severity: "critical", state: "acknowledged" }),
    alarm("young", { raised_at: "2016-06-30T20:05:00Z" }),
    alarm("old"),
    alarm("worst", { severity: "critical", raised_at: "2016-06-30T20:09:00Z" }),
    alarm("note", { severity: "info", raised_at: "2016-06-30T19:00:00Z" }),
  ];
  expect([...alarms].sort(byUrgency).map(({ alarm_id }) => alarm_id)).toEqual([
    "worst",
    "old",
    "young",
    "note",
    "taken",
  ]);
});

test("every severity is counted, open and taken on apart", () => {
  const found = counts([
    alarm("1"),
    alarm("2", { state: "acknowledged" }),
    alarm("3", { severity: "critical" }),
  ]);
  expect(found.map(({ severity, open, acknowledged }) => [severity, open, acknowledged])).toEqual([
    ["critical", 1, 0],
    ["major", 1, 1],
    ["warning", 0, 0],
    ["info", 0, 0],
  ]);
});

test("the oldest that waits is not one that somebody has taken on", () => {
  expect(oldestOpen([])).toBeNull();
  const taken = alarm("1", { state: "acknowledged", raised_at: "2016-06-30T10:00:00Z" });
  expect(oldestOpen([taken, alarm("2")])?.alarm_id).toBe("2");
});

const notice = (code: string, at: string) => ({ code, at, start: null, area: null, details: {} });
const message = (type: "snapshot" | "delta", data: object) =>
  on("alarms", "riverside", type, 1, data);

test("notices stand newest first; what else the channel says is no notice", () => {
  const early = notice("TRADING_HALTED", "2016-06-30T20:00:00Z");
  const late = notice("TRADING_RELEASED", "2016-06-30T20:10:00Z");
  const last = notice("AUCTION_FALLBACK", "2016-06-30T20:20:00Z");
  const known = heard(FIRST, message("snapshot", { items: [early, late], alarms: [] }));
  expect(known).toEqual([late, early]);
  expect(heard(known, message("delta", { event: "alarm", alarm: alarm("1") }))).toBe(known);
  const grown = heard(known, message("delta", { event: "notice", ...last }));
  expect(grown.map(({ code }) => code)).toEqual([
    "AUCTION_FALLBACK",
    "TRADING_RELEASED",
    "TRADING_HALTED",
  ]);
});

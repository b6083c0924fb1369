import { expect, it } from "vitest";
import type { Case } from "../../../src/cases/cases";
import type { Alarm } from "../../../src/console/alarms";
import { caseCounts, NEAR_MS, worstOf } from "../../../src/console/screens/situation/inbox";

const NOW = Date.parse("2016-07-01T00:50:00Z");
const at = (ms: number) => new Date(NOW + ms).toISOString();

const made = (change: Partial<Case>): Case =>
  ({
    ...{ case_id: "c", kind: "question", state: "open", missed: [] },
    ...{ take_by: at(2 * NEAR_MS), answer_by: null, close_by: at(9 * NEAR_MS) },
    ...{ taken_at: null, answered_at: null, closed_at: null },
    ...change,
  }) as Case;

it("a case is late, near its next target, or has time; a closed one has none", () => {
  const cases = [
    made({}),
    made({ take_by: at(NEAR_MS) }),
    made({ take_by: at(-1) }),
    made({ take_by: at(-1), taken_at: at(-2) }),
    made({ take_by: at(-1), state: "closed" }),
    made({ kind: "bill_dispute" }),
    made({ kind: "bill_dispute", state: "closed" }),
  ];
  expect(caseCounts(cases, NOW)).toEqual({ late: 1, near: 1, disputes: 1 });
});

it("the worst alarm is the gravest of those nobody has acknowledged, of these the oldest", () => {
  const alarm = (alarm_id: string, change: Partial<Alarm>) =>
    ({ alarm_id, state: "open", severity: "major", raised_at: at(0), ...change }) as Alarm;
  const alarms = [
    alarm("young", { severity: "critical", raised_at: at(-5) }),
    alarm("old", { severity: "critical", raised_at: at(-9) }),
    alarm("taken", { severity: "critical", raised_at: at(-99), state: "acknowledged" }),
    alarm("lesser", { raised_at: at(-999) }),
  ];
  expect(worstOf(alarms)?.alarm_id).toBe("old");
  expect(worstOf([])).toBeNull();
});

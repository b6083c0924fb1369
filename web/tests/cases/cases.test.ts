import { expect, test } from "vitest";
import {
  byUrgency,
  mayRate,
  mayReopen,
  nextDue,
  pressing,
  targets,
  type Case,
} from "../../src/cases/cases";

const at = (minute: number) => new Date(Date.UTC(2016, 6, 1, 0, minute)).toISOString();
const ms = (minute: number) => Date.parse(at(minute));

const made = (case_id: string, changes: Partial<Case> = {}): Case => ({
  case_id,
  kind: "fault_report",
  participant_id: "rur-01",
  state: "open",
  outcome: null,
  owner: null,
  opened_at: at(0),
  take_by: at(10),
  taken_at: null,
  answer_by: at(15),
  answered_at: null,
  close_by: at(24 * 60),
  closed_at: null,
  subject: "No power",
  client_case_id: "own-1",
  unit_id: null,
  details: {},
  missed: [],
  reopened: 0,
  reopen_until: null,
  rating: null,
  rating_text: null,
  bill_id: null,
  month: null,
  held_amount: null,
  dispute: null,
  history: [],
  ...changes,
});

test("the confirmation is due first, then the answer, then the closing", () => {
  const open = made("a");
  expect(targets(open).map(({ target }) => target)).toEqual(["taken", "answered", "closed"]);
  expect(nextDue(open)).toMatchObject({ target: "taken", dueMs: ms(10) });
  const taken = made("b", { state: "in_work", taken_at: at(4) });
  expect(nextDue(taken)).toMatchObject({ target: "answered", dueMs: ms(15) });
  const answered = made("c", { state: "in_work", taken_at: at(4), answered_at: at(9) });
  expect(nextDue(answered)).toMatchObject({ target: "closed" });
});

test("of a closed case nothing is due, and its closing was its answer", () => {
  const closed = made("a", { state: "closed", closed_at: at(7) });
  expect(nextDue(closed)).toBeNull();
  expect(targets(closed).map(({ metMs }) => metMs)).toEqual([ms(7), ms(7), ms(7)]);
});

test("a case without a target for the answer has two", () => {
  expect(targets(made("a", { answer_by: null })).map(({ target }) => target)).toEqual([
    "taken",
    "closed",
  ]);
});

test("what is due first comes first, what is closed last", () => {
  const cases = [
    made("closed early", { state: "closed", closed_at: at(3) }),
    made("later", { take_by: at(20), answer_by: at(25) }),
    made("closed late", { state: "closed", closed_at: at(30) }),
    made("sooner"),
  ];
  expect([...cases].sort(byUrgency).map(({ case_id }) => case_id)).toEqual([
    "sooner",
    "later",
    "closed late",
    "closed early",
  ]);
});

test("a target that is near is worth a colour, one that has passed another", () => {
  const open = made("a");
  expect(pressing(open, ms(2))).toBeUndefined();
  expect(pressing(open, ms(6))).toBe("warning");
  expect(pressing(open, ms(11))).toBe("bad");
  expect(pressing(made("b", { state: "closed", closed_at: at(1) }), ms(99))).toBeUndefined();
});

test("a case may be opened again and rated for two weeks, a disputed bill only rated", () => {
  const day = 24 * 60;
  const closed = made("a", { state: "closed", closed_at: at(0), reopen_until: at(14 * day) });
  expect(mayReopen(closed, ms(14 * day - 1))).toBe(true);
  expect(mayReopen(closed, ms(14 * day))).toBe(false);
  const bill = made("b", { kind: "bill_dispute", state: "closed", closed_at: at(0) });
  expect(mayReopen(bill, ms(1))).toBe(false);
  expect(mayRate(bill, ms(14 * day - 1))).toBe(true);
  expect(mayRate(bill, ms(14 * day))).toBe(false);
  expect(mayRate(made("c"), ms(1))).toBe(false);
});

// What an approval changes, told as now and afterwards.

import { describe, expect, it } from "vitest";
import {
  isPressing,
  mannerOf,
  matterOf,
  queueOf,
} from "../../../src/console/screens/approvals/change";
import type { Approval } from "../../../src/console/approvals";

function approval(over: Partial<Approval>): Approval {
  return {
    approval_id: "act:1",
    kind: "act",
    target: "1",
    reason: "Repaired.",
    proposed_by: "p-1",
    proposed_at: "2016-07-01T00:50:00Z",
    until: "2016-07-01T01:05:00Z",
    own: false,
    before: {},
    after: {},
    approve: { method: "POST", path: "/v1/x", named: false, body: {} },
    ...over,
  };
}

const STOP = { act_id: "a-1", kind: "stop", level: "unit", member_id: "u-1", reason: "Smoke." };
const LIMIT = { ...STOP, act_id: "a-2", kind: "limit", withdrawal_max_kw: "3.000" };
const EMERGENCY = { ...STOP, act_id: "a-3", kind: "emergency_stop" };
const act = (kind: string, more: object = {}) => ({
  ...{ kind, level: "unit", member_id: "u-1", limit_id: null },
  ...more,
});

describe("an act on the grid", () => {
  const changesOf = (held: object[], after: object, decoupled = false) =>
    matterOf(
      approval({
        before: { narrowings: held, decoupled },
        after: after as Record<string, unknown>,
      }),
    ).changes;

  it("that starts a unit ends its stop and leaves its limit", () => {
    expect(changesOf([STOP, LIMIT], act("start"))).toEqual([
      { field: "narrowings", before: [STOP, LIMIT], after: [LIMIT] },
    ]);
  });

  it("that starts what only the unit itself keeps off says so", () => {
    expect(changesOf([], act("start"))).toEqual([
      { field: "unit", before: "off", after: "may_run" },
    ]);
  });

  it("that releases without a limit ends the emergency stop, with one this limit alone", () => {
    expect(changesOf([EMERGENCY, LIMIT], act("release"))).toEqual([
      { field: "narrowings", before: [EMERGENCY, LIMIT], after: [LIMIT] },
    ]);
    expect(changesOf([EMERGENCY, LIMIT], act("release", { limit_id: "a-2" }))).toEqual([
      { field: "narrowings", before: [EMERGENCY, LIMIT], after: [EMERGENCY] },
    ]);
  });

  it("that narrows adds to what holds", () => {
    const after = act("limit", { withdrawal_max_kw: "2.000" });
    expect(changesOf([LIMIT], after)).toEqual([
      { field: "narrowings", before: [LIMIT], after: [LIMIT, after] },
    ]);
  });

  it("that couples an area ends its being alone", () => {
    expect(changesOf([], act("couple", { level: "area" }), true)).toEqual([
      { field: "decoupled", before: true, after: false },
    ]);
  });
});

describe("money", () => {
  it("what both sides say alike is a fact, what differs the change", () => {
    const { changes, facts } = matterOf(
      approval({
        kind: "credit_limit",
        before: { participant_id: "rur-01", limit: "0.00000000" },
        after: { participant_id: "rur-01", limit: "50.00000000" },
      }),
    );
    expect(changes).toEqual([{ field: "limit", before: "0.00000000", after: "50.00000000" }]);
    expect(facts).toEqual([{ field: "participant_id", value: "rur-01" }]);
  });

  it("a payment says whose it becomes", () => {
    const { changes } = matterOf(
      approval({
        kind: "payment_assign",
        before: { bank_id: "b-1", state: "unmatched", amount: "5.00000000", reference: null },
        after: { decision: "participant", participant_id: "rur-01" },
      }),
    );
    expect(changes).toEqual([
      { field: "state", before: "unmatched", after: "to_participant" },
      { field: "participant_id", before: null, after: "rur-01" },
    ]);
  });

  it("fields of money, power and time are shown as such", () => {
    expect(["limit", "injection_max_kw", "since", "state", "reference"].map(mannerOf)).toEqual([
      ...["money", "power", "moment", "code", "plain"],
    ]);
  });
});

describe("the queue", () => {
  const lapsed = approval({ approval_id: "a", until: "2016-07-01T01:00:00Z" });
  const own = approval({ approval_id: "b", own: true });
  const other = approval({ approval_id: "c" });

  it("leaves out what has lapsed and keeps one's own apart", () => {
    const now = Date.parse("2016-07-01T01:01:00Z");
    expect(queueOf([lapsed, own, other], now)).toEqual({ others: [other], own: [own] });
  });

  it("shows all as long as market time is not known", () => {
    expect(queueOf([lapsed, own, other], null).others).toEqual([lapsed, other]);
  });

  it("presses in its last five minutes", () => {
    expect([isPressing(299_000), isPressing(300_000)]).toEqual([true, false]);
  });
});

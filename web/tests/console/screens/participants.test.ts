// How participants stand.

import { describe, expect, it } from "vitest";
import {
  connectionOf,
  countsOf,
  standingOf,
} from "../../../src/console/screens/participants/standing";
import type { Participant } from "../../../src/console/screens/participants/wire";

const one = (over: Partial<Participant> = {}) =>
  ({
    onboarding: "ready",
    suspended: false,
    stopped: false,
    sockets: 0,
    device_sockets: 0,
    units: 2,
    units_heard: 2,
    collateral_state: "covered",
    ...over,
  }) as Participant;

describe("a participant", () => {
  it("is said to be what is worst about it", () => {
    expect(standingOf(one())).toBe("ready");
    expect(standingOf(one({ onboarding: "invited" }))).toBe("invited");
    expect(standingOf(one({ collateral_state: "warned" }))).toBe("warned");
    expect(standingOf(one({ stopped: true, collateral_state: "called" }))).toBe("called");
    expect(standingOf(one({ suspended: true, collateral_state: "reduce_only" }))).toBe("suspended");
  });

  it("is connected as far as its units are heard", () => {
    expect(connectionOf(one())).toBe("whole");
    expect(connectionOf(one({ units_heard: 1 }))).toBe("part");
    expect(connectionOf(one({ units_heard: 0 }))).toBe("silent");
    expect(connectionOf(one({ units: 0, units_heard: 0 }))).toBe("none");
  });
});

it("all are counted by what an operator has to look at", () => {
  const all = [
    one({ suspended: true }),
    one({ collateral_state: "called", sockets: 1 }),
    one({ collateral_state: "reduce_only" }),
    one({ onboarding: "no_access", device_sockets: 2 }),
  ];
  expect(countsOf(all)).toEqual({ suspended: 1, called: 2, joining: 1, online: 2 });
});

import { describe, expect, it } from "vitest";
import { GROUPS as CONSOLE } from "../../src/console/navigation";
import { GROUPS as PORTAL } from "../../src/portal/navigation";
import { firstRise } from "../../src/shell/convention";
import { permission, registry, shown, type Screen } from "../../src/shell/screens";
import type { Role, Session } from "../../src/shell/session";
import { wayBack } from "../../src/shell/SignIn";
import { catalogue } from "../language/catalogues";

const screen = (id: string, roles: Screen["roles"]): Screen => ({
  id,
  roles,
  texts: id,
  load: () => Promise.reject(new Error("not loaded here")),
});
const of = (role: Role) => ({ role }) as Session;
const open = screen("open", "public");
const desk = screen("desk", ["operator"]);

describe("screens", () => {
  it("stand in the order of the navigation, those that are not there left out", () => {
    const groups = [
      { id: "a", screens: ["desk", "absent"] },
      { id: "b", screens: ["open"] },
    ];
    expect(registry(groups, { x: open, y: desk }).map(({ id }) => id)).toEqual(["desk", "open"]);
  });
  it("without a place are a mistake that is found at once", () => {
    expect(() => registry([{ id: "a", screens: ["open"] }], { x: open, y: desk })).toThrow("desk");
  });
  it("are for their roles", () => {
    expect(permission(open, null)).toBe("yes");
    expect(permission(desk, null)).toBe("sign-in");
    expect(permission(desk, of("participant"))).toBe("no");
    expect(permission(desk, of("operator"))).toBe("yes");
  });
  it("nobody may see are shown to nobody", () => {
    expect(shown([open, desk], null)).toEqual([open]);
    expect(shown([open, desk], of("operator"))).toEqual([open, desk]);
  });
  it.each([...CONSOLE, ...PORTAL])("and the group $id have names in both languages", (group) => {
    for (const language of ["en", "zh-CN"]) {
      const names = catalogue(language, "shell");
      expect(names.has(`nav_group.${group.id}`), group.id).toBe(true);
      for (const id of group.screens) expect(names.has(`nav.${id}`), id).toBe(true);
    }
  });
});

describe("the way back after signing in", () => {
  it("leads to where one came from", () => {
    expect(wayBack("/orderbook/RUR?market=a")).toBe("/orderbook/RUR?market=a");
  });
  it.each([
    null,
    "",
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "/sign-in?to=/x",
  ])("never elsewhere (%s)", (to) => expect(wayBack(to)).toBe("/"));
});

describe("rising", () => {
  const store = (value: string | null) => ({ getItem: () => value });
  it("is red where the language's habit is, until somebody chooses", () => {
    expect(firstRise(store(null), "zh-CN")).toBe("red");
    expect(firstRise(store(null), "en")).toBe("green");
    expect(firstRise(store("green"), "zh-CN")).toBe("green");
    expect(firstRise(store("blue"), "en")).toBe("green");
  });
});

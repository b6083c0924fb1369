import { describe, expect, it } from "vitest";
import type { Column } from "../../../src/parts/table/columns";
import { firstLayout, fitted } from "../../../src/parts/table/layout";

const column = (key: string, hidden = false): Column<object> => ({
  ...{ key, title: key, kind: "text", value: () => key, hidden },
});
const columns = [column("a"), column("b"), column("c", true)];
const first = firstLayout(columns);

describe("a stored layout", () => {
  it("is as it was left", () => {
    const stored = { hidden: ["a"], order: ["c", "b", "a"], sort: [{ id: "b", desc: true }] };
    expect(fitted(stored, columns, first)).toEqual(stored);
  });
  it("takes new columns where they were put, and forgets those that are gone", () => {
    const stored = { hidden: ["x"], order: ["x", "b"], sort: [{ id: "x", desc: true }] };
    expect(fitted(stored, columns, first)).toEqual({
      hidden: ["c"],
      order: ["a", "b", "c"],
      sort: [],
    });
  });
  it("that hides everything or is nonsense is not taken", () => {
    const all = { hidden: ["a", "b", "c"], order: ["a", "b", "c"], sort: [] };
    expect(fitted(all, columns, first).hidden).toEqual(["c"]);
    for (const stored of [null, 5, "x", {}, { hidden: 1, order: [], sort: [] }]) {
      expect(fitted(stored, columns, first)).toEqual(first);
    }
  });
});

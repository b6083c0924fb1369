import { describe, expect, it } from "vitest";
import { csvField, csvText } from "../../../src/parts/table/csv";

describe("a field of a file", () => {
  it.each([
    ['say "hi"', '"say ""hi"""'],
    ["a,b", '"a,b"'],
    ["two\nlines", '"two\nlines"'],
    ["", ""],
  ])("%j is quoted where it has to be", (value, written) => {
    expect(csvField(value)).toBe(written);
  });
  it.each(["=SUM(A1)", "+cmd", "-1+2", "@x", "\t=1", " =1", "\r@x"])(
    "%j is no formula any more",
    (value) => {
      expect(csvField(value).replace(/^"/, "")[0]).toBe("'");
    },
  );
  it.each(["-12.50", "+3", "0.001"])("%s stays a number", (value) => {
    expect(csvField(value)).toBe(value);
  });
  it("of nothing is empty", () => {
    expect(csvText([[null, 0, undefined]])).toBe(",0,\r\n");
  });
});

import { describe, expect, it } from "vitest";
import { faultOf, readDecimal } from "../../../src/parts/form/read";

describe("a number as it is typed", () => {
  it.each([
    ["1,250.50", "1250.50"],
    ["-85.2", "-85.2"],
    ["\u221285.2", "-85.2"],
    [" 12 500 ", "12500"],
    ["１２．５", "12.5"],
    ["12。5", "12.5"],
    [".5", "0.5"],
    ["12345678901234567890.12345678", "12345678901234567890.12345678"],
  ])("%j is %s", (typed, value) => {
    expect(readDecimal(typed, "en-GB")).toBe(value);
    expect(readDecimal(typed, "zh-CN")).toBe(value);
  });
  it("has the comma of languages that part decimals with it", () => {
    expect(readDecimal("1.250,5", "de")).toBe("1250.5");
  });
  it.each(["1,5", "1,25", "12,3456", "1.2.3", "abc", "", "1e5", "--1", "1,2500.5"])(
    "%j is not guessed at",
    (typed) => {
      expect(readDecimal(typed, "en-GB")).toBeNull();
    },
  );
});

describe("what may be wrong with it", () => {
  it("is told exactly", () => {
    const bounds = { min: "0.001", max: "100", step: "0.001" };
    expect(faultOf("0.001", bounds)).toBeNull();
    expect(faultOf("100.000", bounds)).toBeNull();
    expect(faultOf("0", bounds)).toBe("min");
    expect(faultOf("100.001", bounds)).toBe("max");
    expect(faultOf("1.2505", bounds)).toBe("step");
    expect(faultOf("", bounds)).toBe("number");
  });
});

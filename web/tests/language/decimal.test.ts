import { describe, expect, it } from "vitest";
import {
  compareTexts,
  decimal,
  decimalText,
  isMultiple,
  partPpm,
  shifted,
  sum,
  trimmed,
  type Decimal,
} from "../../src/language/decimal";

const read = (text: string): Decimal => {
  const value = decimal(text);
  if (value === null) throw new Error(`${text} is no decimal`);
  return value;
};

describe("a decimal", () => {
  it.each(["0", "-0.001", "12345678901234567890.12345678", "7.500"])("is %s again", (text) => {
    expect(decimalText(read(text))).toBe(text);
  });
  it.each(["", "-", ".", "1e3", "1,5", "0x1", " 1", "1.2.3", "NaN"])("is not '%s'", (text) => {
    expect(decimal(text)).toBeNull();
  });
  it("moves its point without losing a digit", () => {
    expect(decimalText(shifted(read("12345.678"), -3))).toBe("12.345678");
    expect(decimalText(shifted(read("12.5"), 3))).toBe("12500");
    expect(decimalText(shifted(read("-0.5"), -2))).toBe("-0.005");
  });
  it("is summed exactly where floats are not", () => {
    expect(decimalText(sum(["0.1", "0.2", "-0.30000001"].map(read)))).toBe("-0.00000001");
    expect(decimalText(sum(["9007199254740993", "0.01"].map(read)))).toBe("9007199254740993.01");
  });
  it("fits its step or does not", () => {
    expect(isMultiple(read("1.250"), read("0.05"))).toBe(true);
    expect(isMultiple(read("1.251"), read("0.05"))).toBe(false);
    expect(isMultiple(read("-0.3"), read("0.1"))).toBe(true);
    expect(isMultiple(read("1"), read("0"))).toBe(false);
  });
  it("loses zeros at its end only", () => {
    expect(decimalText(trimmed(read("100.500")))).toBe("100.5");
    expect(decimalText(trimmed(read("100")))).toBe("100");
  });
  it("is ordered by its value, and what is none comes last", () => {
    expect(["10", null, "9.99", "-1", "x"].sort(compareTexts)).toEqual([
      "-1",
      "9.99",
      "10",
      null,
      "x",
    ]);
  });
});

it("parts are of something", () => {
  expect(partPpm("1.054", "5.27")).toBe(200_000);
  expect(partPpm("0.000", "5.27")).toBe(0);
  expect(partPpm("1.054", "0.000")).toBeNull();
});

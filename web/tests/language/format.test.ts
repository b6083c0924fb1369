import { describe, expect, it } from "vitest";
import { Format } from "../../src/language/format";

const en = new Format("en", "Etc/GMT-1");
const zh = new Format("zh-CN", "Etc/GMT-1");

describe("numbers", () => {
  it("are written as they came on the wire, however many digits", () => {
    expect(en.price("12345678901234567.89")).toBe("12,345,678,901,234,567.89");
    expect(en.price("85.2")).toBe("85.20");
    expect(en.kwh("0.001")).toBe("0.001");
  });
  it("have a true minus, and a plus only where a difference is meant", () => {
    expect(en.price("-5.00")).toBe("\u22125.00");
    expect(en.spread(4_213)).toBe("+42.13");
    expect(en.spread(-1)).toBe("\u22120.01");
    expect(en.spread(0)).toBe("0.00");
  });
  it("are a dash when they are not known", () => {
    expect([
      en.price(null),
      en.spread(null),
      en.kw(null),
      en.time(undefined),
      en.time("x"),
    ]).toEqual(Array.from({ length: 5 }, () => "–"));
  });
  it("turn watts into kW", () => {
    expect(en.kw(61_250)).toBe("61.3");
    expect(en.kwSigned(-8_000)).toBe("\u22128.0");
  });
});

describe("times", () => {
  it("are those of the market's zone", () => {
    expect(en.time("2016-06-15T08:15:00Z")).toBe("09:15");
    expect(en.span("2016-06-15T22:45:00Z", "2016-06-15T23:00:00Z")).toBe("23:45–00:00");
  });
  it("are written as the language does", () => {
    expect(en.day("2016-06-15T08:15:00Z")).toMatch(/15 Jun 2016/);
    expect(zh.day("2016-06-15T08:15:00Z")).toMatch(/2016年6月15日/);
  });
});

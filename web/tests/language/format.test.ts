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

describe("money", () => {
  it("is exact, however large, and written as its currency is", () => {
    expect(en.money("12345678901234567.89", "EUR")).toBe("€12,345,678,901,234,567.89");
    expect(en.money("-0.50000000", "EUR")).toBe("\u2212€0.50");
    expect(zh.money("1234.5", "CNY")).toBe("¥1,234.50");
    expect(en.money("0.00000001", "EUR", { places: 8 })).toBe("€0.00000001");
  });
  it("has a sign where a change is meant", () => {
    expect(en.money("3.2", "EUR", { signed: true })).toBe("+€3.20");
    expect(en.money("0", "EUR", { signed: true })).toBe("€0.00");
  });
  it("is made of quanta without a float", () => {
    expect(Format.amount("900719925474099301")).toBe("9007199254.74099301");
    expect(Format.amount("-1")).toBe("-0.00000001");
  });
  it("of a currency without a code keeps its name", () => {
    expect(en.money("5", "points")).toBe("5.00 points");
  });
  it("that is not known is a dash", () => {
    expect(en.money(null, "EUR")).toBe("–");
  });
});

describe("quantities", () => {
  it("climb to the unit that fits them", () => {
    expect(en.energy("999.999")).toEqual({ text: "999.999", unit: "kWh" });
    expect(en.energy("1000")).toEqual({ text: "1", unit: "MWh" });
    expect(en.energy("-1234567.8")).toEqual({ text: "\u22121.235", unit: "GWh" });
    expect(en.energy("1.5", 3)).toEqual({ text: "1.500", unit: "kWh" });
    expect(en.power("0.000")).toEqual({ text: "0", unit: "kW" });
  });
  it("are parts per million as percent", () => {
    expect(en.share(123_456)).toBe("12.3\u00a0%");
    expect(en.share("1000000")).toBe("100\u00a0%");
  });
});

describe("the hour that comes twice", () => {
  const rome = new Format("en", "Europe/Rome");
  it("is told apart", () => {
    expect(rome.timeOfDay("2026-10-25T00:15:00Z")).toBe("02:15\u00a03A");
    expect(rome.timeOfDay("2026-10-25T01:15:00Z", true)).toBe("02:15:00\u00a03B");
    expect(rome.timeOfDay("2026-10-25T02:15:00Z")).toBe("03:15");
    expect(rome.interval("2026-10-25T00:45:00Z", "2026-10-25T01:00:00Z")).toBe(
      "02:45\u00a03A – 02:00\u00a03B",
    );
    expect(rome.interval("2026-10-26T00:45:00Z", "2026-10-26T01:00:00Z")).toBe("01:45–02:00");
  });
});

describe("how long ago", () => {
  it("is said in the largest unit that fits", () => {
    expect(en.ago(0, 90_000)).toBe("1 minute ago");
    expect(en.ago(7_200_000, 0)).toBe("in 2 hours");
    expect(zh.ago(0, 3_000)).toBe("3秒钟前");
  });
});

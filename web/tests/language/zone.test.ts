// Days on which the clocks change, by the law of each zone.

import { describe, expect, it } from "vitest";
import { dayStarts, doubledHour, instants, localDate, midnight } from "../../src/language/zone";

const at = (text: string) => Date.parse(text);

describe("autumn in Rome", () => {
  it("has 100 quarter-hours, spring 92, any other day 96", () => {
    expect(dayStarts("2026-10-25", "Europe/Rome", 15)).toHaveLength(100);
    expect(dayStarts("2026-03-29", "Europe/Rome", 15)).toHaveLength(92);
    expect(dayStarts("2026-06-15", "Europe/Rome", 15)).toHaveLength(96);
  });
  it("calls its third hour 3A and then 3B", () => {
    expect(doubledHour(at("2026-10-25T00:15:00Z"), "Europe/Rome")).toBe("3A");
    expect(doubledHour(at("2026-10-25T01:15:00Z"), "Europe/Rome")).toBe("3B");
    expect(doubledHour(at("2026-10-24T23:59:59Z"), "Europe/Rome")).toBeNull();
    expect(doubledHour(at("2026-10-25T02:00:00Z"), "Europe/Rome")).toBeNull();
  });
  it("has two instants for a time of that hour, none in spring's gap", () => {
    const time = { year: 2026, month: 10, day: 25, hour: 2, minute: 30 };
    expect(instants(time, "Europe/Rome").map((ms) => new Date(ms).toISOString())).toEqual([
      "2026-10-25T00:30:00.000Z",
      "2026-10-25T01:30:00.000Z",
    ]);
    expect(instants({ ...time, month: 3, day: 29 }, "Europe/Rome")).toEqual([]);
    expect(instants({ ...time, day: 26 }, "Europe/Rome")).toEqual([at("2026-10-26T01:30:00Z")]);
  });
});

describe("other zones", () => {
  it("double another hour: London's second", () => {
    expect(doubledHour(at("2026-10-25T00:30:00Z"), "Europe/London")).toBe("2A");
    expect(doubledHour(at("2026-10-25T01:30:00Z"), "Europe/London")).toBe("2B");
  });
  it("double half an hour: Lord Howe", () => {
    expect(dayStarts("2026-04-05", "Australia/Lord_Howe", 15)).toHaveLength(98);
    expect(doubledHour(at("2026-04-04T14:45:00Z"), "Australia/Lord_Howe")).toBe("2A");
    expect(doubledHour(at("2026-04-04T15:15:00Z"), "Australia/Lord_Howe")).toBe("2B");
  });
  it("never change: China, and the fixed zone of the demonstration", () => {
    expect(dayStarts("2026-10-25", "Asia/Shanghai", 15)).toHaveLength(96);
    expect(doubledHour(at("2026-10-25T00:15:00Z"), "Etc/GMT-1")).toBeNull();
  });
  it("begin their day at their own midnight", () => {
    const noon = at("2026-10-25T11:00:00Z");
    expect(new Date(midnight(noon, "Europe/Rome")).toISOString()).toBe("2026-10-24T22:00:00.000Z");
    expect(new Date(midnight(noon, "Europe/Rome", 1)).toISOString()).toBe(
      "2026-10-25T23:00:00.000Z",
    );
    expect(localDate(at("2026-10-24T22:30:00Z"), "Europe/Rome")).toBe("2026-10-25");
  });
});

// Days, weeks and months of one's energy: pure.
//
// The one idea: what was used came from four places, what was produced went to three; each bar is
// such a sum, whether of an interval or of a day.

import { compareTexts, decimal, decimalText, sum } from "../../../language/decimal";
import { dayStarts, daysLater, localDate } from "../../../language/zone";
import type { Energies, EnergyPeriod, EnergySlot } from "../own";

export type View = "day" | "week" | "month";

const utc = (day: string) => new Date(`${day}T00:00:00Z`);
const text = (date: Date) => date.toISOString().slice(0, 10);

/** First and last day of the day, its week (from Monday on) or its month. */
export function rangeOf(view: View, day: string): { from: string; to: string } {
  if (view === "day") return { from: day, to: day };
  const date = utc(day);
  if (view === "week") {
    const from = daysLater(day, -((date.getUTCDay() + 6) % 7));
    return { from, to: daysLater(from, 6) };
  }
  const from = `${day.slice(0, 7)}-01`;
  return { from, to: text(new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0))) };
}

/** The same day, week or month before or after. */
export function moved(view: View, day: string, by: 1 | -1): string {
  const { from, to } = rangeOf(view, day);
  return by === 1 ? daysLater(to, 1) : rangeOf(view, daysLater(from, -1)).from;
}

export const daysOf = ({ from, to }: { from: string; to: string }): string[] => {
  const days: string[] = [];
  for (let day = from; day <= to; day = daysLater(day, 1)) days.push(day);
  return days;
};

/** Decimal strings of a row added up; what is not there counts nothing. */
export const total = (values: readonly (string | null | undefined)[]): string =>
  decimalText(sum(values.flatMap((each) => (each == null ? [] : (decimal(each) ?? [])))));

const less = (a: string, b: string): string => {
  const minus = decimal(b);
  const value = decimal(a);
  if (!minus || !value) return a;
  return decimalText(sum([value, { ...minus, units: -minus.units }]));
};

export interface Bar {
  /** Start of the interval, or the day. */
  key: string;
  start: string;
  /** Null of a day. */
  end: string | null;
  /** False: no meter has been read. */
  read: boolean;
  settled: boolean;
  covered: boolean | null;
  produced: string;
  used: string;
  own: string;
  neighbours: string;
  elsewhere: string;
  last_resort: string;
  sold: string;
  fed_in: string;
}

function bar(key: string, end: string | null, of: Energies | null, covered: boolean | null): Bar {
  const neighbours = of?.neighbours_kwh ?? "0";
  return {
    ...{ key, start: key, end, covered },
    read: of !== null,
    settled: of?.settled ?? false,
    produced: of?.produced_kwh ?? "0",
    used: of?.used_kwh ?? "0",
    own: of?.self_use_kwh ?? "0",
    neighbours,
    elsewhere: less(of?.bought_kwh ?? "0", neighbours),
    last_resort: of?.last_resort_kwh ?? "0",
    sold: of?.sold_kwh ?? "0",
    fed_in: of?.fed_in_kwh ?? "0",
  };
}

/** One bar an interval of a day: 92, 96 or 100 of quarter-hours, also where nothing was read. */
export function barsOfDay(
  day: string,
  zone: string,
  minutes: number,
  slots: readonly EnergySlot[],
): Bar[] {
  const found = new Map(slots.map((each) => [Date.parse(each.start), each]));
  const iso = (ms: number) => new Date(ms).toISOString().replace(".000Z", "Z");
  return dayStarts(day, zone, minutes).map((ms) => {
    const slot = found.get(ms) ?? null;
    return bar(iso(ms), iso(ms + minutes * 60_000), slot, slot?.covered ?? null);
  });
}

/** One bar a day, also where nothing was read. */
export function barsOfDays(days: readonly string[], periods: readonly EnergyPeriod[]): Bar[] {
  const found = new Map(periods.map((each) => [each.period, each]));
  return days.map((day) => {
    const item = found.get(day) ?? null;
    const covered =
      item === null || item.used_intervals === 0
        ? null
        : item.covered_intervals === item.used_intervals;
    return bar(day, null, item, covered);
  });
}

/** The intervals of each of some days, for the picture of what was covered. */
export function slotsByDay(
  days: readonly string[],
  zone: string,
  minutes: number,
  slots: readonly EnergySlot[],
): { day: string; bars: Bar[] }[] {
  const byDay = new Map<string, EnergySlot[]>();
  for (const each of slots) {
    const day = localDate(Date.parse(each.start), zone);
    byDay.set(day, [...(byDay.get(day) ?? []), each]);
  }
  return days.map((day) => ({ day, bars: barsOfDay(day, zone, minutes, byDay.get(day) ?? []) }));
}

export interface Summary {
  used: string;
  produced: string;
  own: string;
  bought: string;
  neighbours: string | null;
  sold: string;
  last_resort: string;
  fed_in: string;
  used_intervals: number;
  covered_intervals: number;
  settled: boolean;
  import_peak: Peak | null;
  export_peak: Peak | null;
}

export interface Peak {
  kw: string;
  at: string;
}

/** All days of a view together; null: nothing was read. */
export function summary(periods: readonly EnergyPeriod[]): Summary | null {
  if (periods.length === 0) return null;
  const of = (read: (item: EnergyPeriod) => string | null) => total(periods.map(read));
  return {
    used: of((item) => item.used_kwh),
    produced: of((item) => item.produced_kwh),
    own: of((item) => item.self_use_kwh),
    bought: of((item) => item.bought_kwh),
    neighbours: periods.some((item) => item.neighbours_kwh === null)
      ? null
      : of((item) => item.neighbours_kwh),
    sold: of((item) => item.sold_kwh),
    last_resort: of((item) => item.last_resort_kwh),
    fed_in: of((item) => item.fed_in_kwh),
    used_intervals: periods.reduce((sum, item) => sum + item.used_intervals, 0),
    covered_intervals: periods.reduce((sum, item) => sum + item.covered_intervals, 0),
    settled: periods.every((item) => item.settled),
    import_peak: peak(
      periods.map((item) => ({ kw: item.peak_import_kw, at: item.peak_import_at })),
    ),
    export_peak: peak(
      periods.map((item) => ({ kw: item.peak_export_kw, at: item.peak_export_at })),
    ),
  };
}

/** The highest, the first of equals; null: there was none. */
function peak(all: readonly { kw: string; at: string | null }[]): Peak | null {
  let found: Peak | null = null;
  for (const { kw, at } of all) {
    if (at !== null && (found === null || compareTexts(kw, found.kw) > 0)) found = { kw, at };
  }
  return found;
}

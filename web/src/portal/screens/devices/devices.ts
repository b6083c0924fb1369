// How a device stands, in one word, and what its meter has read: pure.

import { decimal } from "../../../language/decimal";
import { dayStarts } from "../../../language/zone";
import type { Device, MeterReading } from "../own";

/** The word for how a device stands; the first that applies of what is wrong, then of what it does. */
export type Standing = "alarm" | "outage" | "silent" | "limited" | "disconnected" | "well";

export function standing(device: Device, nowMs: number): Standing {
  const holds = ({ from, until }: { from: string; until: string }) =>
    Date.parse(from) <= nowMs && nowMs < Date.parse(until);
  if (device.alarms.length > 0) return "alarm";
  if (device.outage !== null && holds(device.outage)) return "outage";
  if (device.silent) return "silent";
  if (device.report !== null && !device.report.connected) return "disconnected";
  // Of limits those with a reason hold something back.
  if (device.limits.some((each) => each.reason !== "" && holds(each))) return "limited";
  return "well";
}

const ORDER: readonly Standing[] = [
  ...(["alarm", "silent", "disconnected", "outage", "limited", "well"] as const),
];

/** What needs somebody first; else by id. */
export const byNeed = (devices: readonly Device[], nowMs: number): Device[] =>
  devices.toSorted(
    (a, b) =>
      ORDER.indexOf(standing(a, nowMs)) - ORDER.indexOf(standing(b, nowMs)) ||
      a.unit_id.localeCompare(b.unit_id),
  );

/** Percent of a battery that is full; null: not known. */
export function fullPercent(device: Device): number | null {
  const held = device.report?.state_of_charge_kwh ?? device.reading?.state_of_charge_kwh ?? null;
  const [part, whole] = [held, device.storage?.capacity_kwh ?? null].map((text) =>
    text === null ? null : decimal(text),
  );
  if (!part || !whole || whole.units <= 0n) return null;
  return (
    Number(
      (part.units * 10n ** BigInt(whole.places) * 1_000n) /
        (whole.units * 10n ** BigInt(part.places)),
    ) / 10
  );
}

export interface ReadRow {
  start: string;
  end: string;
  /** Null: no reading. */
  reading: MeterReading | null;
  /** It is over, and a reading should be here. */
  missing: boolean;
}

/** Every interval of a day with what was read in it; later versions of a reading replace earlier ones. */
export function readRows(
  day: string,
  zone: string,
  minutes: number,
  readings: readonly MeterReading[],
  nowMs: number,
): ReadRow[] {
  const found = new Map(readings.map((each) => [Date.parse(each.start), each]));
  const iso = (ms: number) => new Date(ms).toISOString().replace(".000Z", "Z");
  const step = minutes * 60_000;
  return dayStarts(day, zone, minutes).map((ms) => {
    const reading = found.get(ms) ?? null;
    // A meter has two intervals' time to say what it read.
    const missing = reading === null && ms + 3 * step <= nowMs;
    return { start: iso(ms), end: iso(ms + step), reading, missing };
  });
}

/** Times without a reading, neighbouring intervals as one. */
export function gapsOf(rows: readonly ReadRow[]): { start: string; end: string }[] {
  const gaps: { start: string; end: string }[] = [];
  let open = false;
  for (const { start, end, missing } of rows) {
    const last = gaps.at(-1);
    if (missing && open && last) last.end = end;
    else if (missing) gaps.push({ start, end });
    open = missing;
  }
  return gaps;
}

interface OpenOrder {
  unit_id: string;
  start: string;
}

/** How many open orders of a device an outage cancels. */
export const cancelled = (
  orders: readonly OpenOrder[],
  unitId: string,
  from: string,
  until: string,
): number =>
  orders.filter(({ unit_id, start }) => {
    const ms = Date.parse(start);
    return unit_id === unitId && ms >= Date.parse(from) && ms < Date.parse(until);
  }).length;

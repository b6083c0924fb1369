// The clock on the wall of a market's zone, and the hour that it shows twice in autumn.
//
// The one idea: an instant has one local time, a local time has no, one or two instants. Where two,
// the trade calls them A and B, counting the day's hours from 1: 02:30 in Rome is 3A, then 3B.

const FIELDS = new Map<string, Intl.DateTimeFormat>();

export interface Local {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

/** What a clock on the wall of the time zone shows. */
export function local(ms: number, zone: string): Local {
  let format = FIELDS.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
    FIELDS.set(zone, format);
  }
  const part: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(ms)) part[type] = Number(value);
  return part as unknown as Local;
}

/** How far the zone's clock is ahead of UTC at an instant, ms. */
export function offset(ms: number, zone: string): number {
  return asUtc(local(ms, zone)) - Math.floor(ms / 1000) * 1000;
}

const asUtc = ({ year, month, day, hour, minute, second }: Local) =>
  Date.UTC(year, month - 1, day, hour, minute, second);

/** No zone changes its clock twice within this time. */
const AROUND_MS = 12 * 3_600_000;

/** The instants at which the zone's clock shows this: none in spring's gap, two in autumn's hour. */
export function instants(wanted: Omit<Local, "second"> & { second?: number }, zone: string) {
  const shown = asUtc({ second: 0, ...wanted });
  const guesses = [-AROUND_MS, AROUND_MS].map((by) => shown - offset(shown + by, zone));
  return [...new Set(guesses)]
    .filter((ms) => offset(ms, zone) === shown - ms)
    .sort((a, b) => a - b);
}

export type Fold = "A" | "B";

/** Which of two equal local times it is; null: it is the only one. */
export function fold(ms: number, zone: string): Fold | null {
  const both = instants(local(ms, zone), zone);
  if (both.length < 2) return null;
  return Math.floor(ms / 1000) * 1000 === both[0] ? "A" : "B";
}

/** The trade's name of a doubled hour, `3A` or `3B`; null for all other hours. */
export function doubledHour(ms: number, zone: string): string | null {
  const which = fold(ms, zone);
  return which === null ? null : `${local(ms, zone).hour + 1}${which}`;
}

/** The UTC ms of local midnight, `days` after the local day of `ms`. */
export function midnight(ms: number, zone: string, days = 0): number {
  const { year, month, day } = local(ms, zone);
  const wanted = Date.UTC(year, month - 1, day + days);
  // The offset at the guess may differ from the one at midnight on a day the clocks change: twice.
  let guess = wanted - offset(wanted, zone);
  guess = wanted - offset(guess, zone);
  return guess;
}

/** Starts of the delivery intervals of a local day (`2026-10-25`), UTC ms: 92, 96 or 100 quarters. */
export function dayStarts(date: string, zone: string, minutes: number): number[] {
  const [year = 0, month = 1, day = 1] = date.split("-").map(Number);
  const noon = Date.UTC(year, month - 1, day, 12);
  const at = noon - offset(noon, zone);
  const [from, until] = [midnight(at, zone), midnight(at, zone, 1)];
  const starts: number[] = [];
  for (let start = from; start < until; start += minutes * 60_000) starts.push(start);
  return starts;
}

/** The local day of an instant, `2026-10-25`. */
export function localDate(ms: number, zone: string): string {
  const { year, month, day } = local(ms, zone);
  const two = (n: number) => String(n).padStart(2, "0");
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
}

/** The day so many days after a day, `2026-10-25`. */
export function daysLater(day: string, by: number): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + by);
  return date.toISOString().slice(0, 10);
}

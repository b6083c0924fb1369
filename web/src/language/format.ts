// Numbers, dates and times as a language writes them.

import { decimal, decimalText, shifted, type Decimal } from "./decimal";
import type { Language } from "./language";
import { doubledHour } from "./zone";

const MISSING = "–";
const MINUS = "\u2212";
/** 1 quantum is 10^-8 of the currency. */
const QUANTA_PLACES = 8;
/** Units a quantity climbs through, each a thousand of the one before. */
const ENERGY = ["kWh", "MWh", "GWh", "TWh"] as const;
const POWER = ["kW", "MW", "GW"] as const;

export interface Measured {
  text: string;
  unit: string;
}

export class Format {
  private readonly numbers = new Map<string, Intl.NumberFormat>();
  private readonly dates = new Map<string, Intl.DateTimeFormat>();
  /** The language tag by which numbers and dates are written. */
  readonly tag: string;

  constructor(
    language: Language,
    readonly zone: string = "UTC",
  ) {
    // A 24-hour clock and day before month: what control rooms read, in English too.
    this.tag = language === "en" ? "en-GB" : language;
  }

  /** Currency per MWh, always two decimals. A decimal string is written exactly. */
  price = (value: string | number | null | undefined) => this.number(value, 2, 2);
  /** A difference of prices, with its sign. */
  spread = (ticks: number | null) =>
    ticks === null
      ? MISSING
      : ticks === 0
        ? this.number(0, 2, 2)
        : this.number(ticks / 100, 2, 2, "always");
  kwh = (value: string | number | null | undefined, decimals = 3) =>
    this.number(value, decimals, decimals);
  /** Watts as kW with one decimal. */
  kw = (watts: number | null) => this.number(watts === null ? null : watts / 1000, 1, 1);
  kwSigned = (watts: number) => this.number(watts / 1000, 1, 1, watts === 0 ? "auto" : "always");
  whole = (value: number | null | undefined) => this.number(value, 0, 0);
  plain = (value: string | number | null | undefined) => this.number(value, 0, 2);
  percent = (value: number) => `${this.number(value, 0, 0)} %`;

  /** An amount of money (decimal string in the currency) as the currency is written; exact. */
  money(
    amount: string | null | undefined,
    currency: string,
    { signed = false, places = 2 }: { signed?: boolean; places?: number } = {},
  ): string {
    const value = amount == null ? null : decimal(amount);
    if (value === null) return MISSING;
    const name = `money ${currency} ${signed} ${places}`;
    let format = this.numbers.get(name);
    if (!format) {
      const options: Intl.NumberFormatOptions = {
        minimumFractionDigits: 2,
        maximumFractionDigits: Math.max(2, places),
        signDisplay: signed ? "exceptZero" : "negative",
      };
      // A market may reckon in points: what is no code of a currency is written behind the number.
      const style = /^[A-Z]{3}$/.test(currency) ? { style: "currency", currency } : {};
      format = new Intl.NumberFormat(this.tag, { ...options, ...style } as typeof options);
      this.numbers.set(name, format);
    }
    const text = format.format(decimalText(value) as Intl.StringNumericLiteral).replace("-", MINUS);
    return /^[A-Z]{3}$/.test(currency) ? text : `${text} ${currency}`;
  }

  /** Quanta (a whole number as text) as an amount of the currency, a decimal string; exact. */
  static amount(quanta: string | bigint): string {
    return decimalText({ units: BigInt(quanta), places: QUANTA_PLACES });
  }

  /** Energy given in kWh, in the unit that fits its size. */
  energy = (kwh: string | null | undefined, least = 0): Measured => this.sized(kwh, ENERGY, least);
  /** Power given in kW, in the unit that fits its size. */
  power = (kw: string | null | undefined, least = 0): Measured => this.sized(kw, POWER, least);

  /** Parts per million as percent. */
  share = (ppm: number | string | null | undefined, places = 1): string => {
    const value = ppm == null ? null : decimal(String(ppm));
    return value === null
      ? MISSING
      : `${this.number(decimalText(shifted(value, -4)), 0, places)}\u00a0%`;
  };

  /** As many decimals as the text has, up to `most`. */
  exact = (text: string | null | undefined, most = 8): string => {
    const value = text == null ? null : decimal(text);
    return value === null ? MISSING : this.number(decimalText(value), 0, most);
  };

  private sized(
    text: string | null | undefined,
    units: readonly string[],
    least: number,
  ): Measured {
    const value = text == null ? null : decimal(text);
    if (value === null) return { text: MISSING, unit: units[0] ?? "" };
    let step = 0;
    while (step < units.length - 1 && beyond(value, 3 * (step + 1))) step += 1;
    const shown = decimalText(shifted(value, -3 * step));
    return { text: this.number(shown, least, 3), unit: units[step] ?? "" };
  }

  private number(
    value: string | number | null | undefined,
    least: number,
    most: number,
    sign: "auto" | "always" = "auto",
  ): string {
    if (value === null || value === undefined) return MISSING;
    const name = `${least} ${most} ${sign}`;
    let format = this.numbers.get(name);
    if (!format) {
      format = new Intl.NumberFormat(this.tag, {
        minimumFractionDigits: least,
        maximumFractionDigits: most,
        signDisplay: sign === "always" ? "always" : "negative",
      });
      this.numbers.set(name, format);
    }
    return format.format(value as Intl.StringNumericLiteral).replace("-", MINUS);
  }

  time = (at: string | number | null | undefined) =>
    this.date(at, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  seconds = (at: string | number | null) =>
    this.date(at, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  day = (at: string | number | null) =>
    this.date(at, { weekday: "short", year: "numeric", month: "short", day: "numeric" });

  /** Time of day; in the hour that comes twice, which of the two: `02:15 3A`. */
  timeOfDay = (at: string | number | null | undefined, seconds = false): string => {
    const ms = moment(at);
    if (ms === null) return MISSING;
    const twice = doubledHour(ms, this.zone);
    const text = seconds ? this.seconds(ms) : this.time(ms);
    return twice === null ? text : `${text}\u00a0${twice}`;
  };
  /** Day and month, without the year. */
  dayShort = (at: string | number | null | undefined) =>
    this.date(at, { month: "short", day: "numeric" });
  month = (at: string | number | null | undefined) =>
    this.date(at, { year: "numeric", month: "long" });
  /** Day and time, the doubled hour told. */
  stamp = (at: string | number | null | undefined, seconds = false): string => {
    const ms = moment(at);
    return ms === null ? MISSING : `${this.day(ms)}, ${this.timeOfDay(ms, seconds)}`;
  };
  /** `02:45 3A – 02:00 3B`: an interval, in the hour that comes twice with its names. */
  interval = (start: string | number, end: string | number | null): string => {
    const from = this.timeOfDay(start);
    if (end === null) return from;
    const until = this.timeOfDay(end);
    return from.includes("\u00a0") || until.includes("\u00a0")
      ? `${from} – ${until}`
      : `${from}–${until}`;
  };
  /** `3 minutes ago`, `in 2 hours`. */
  ago = (fromMs: number, nowMs: number): string => {
    const seconds = Math.round((fromMs - nowMs) / 1000);
    const [unit, size] = AGO.find(([, each]) => Math.abs(seconds) >= each) ?? ["second", 1];
    this.relative ??= new Intl.RelativeTimeFormat(this.tag, { numeric: "auto" });
    return this.relative.format(Math.trunc(seconds / size), unit);
  };
  private relative: Intl.RelativeTimeFormat | null = null;

  /** `10:15–10:30`, the end being left out if it is not known. */
  span = (start: string | number, end: string | number | null) =>
    end === null ? this.time(start) : `${this.time(start)}–${this.time(end)}`;

  private date(
    at: string | number | null | undefined,
    options: Intl.DateTimeFormatOptions,
  ): string {
    const ms = moment(at);
    if (ms === null) return MISSING;
    const name = Object.entries(options).flat().join(" ");
    let format = this.dates.get(name);
    if (!format) {
      format = new Intl.DateTimeFormat(this.tag, { ...options, timeZone: this.zone });
      this.dates.set(name, format);
    }
    return format.format(ms);
  }
}

const AGO: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
];

function moment(at: string | number | null | undefined): number | null {
  if (at === null || at === undefined) return null;
  const ms = typeof at === "number" ? at : Date.parse(at);
  return Number.isNaN(ms) ? null : ms;
}

/** Whether it is at least 10 to the power of `power`, whatever its sign. */
function beyond({ units, places }: Decimal, power: number): boolean {
  return (units < 0n ? -units : units) >= 10n ** BigInt(power + places);
}

// Numbers, dates and times as a language writes them.

import type { Language } from "./language";

const MISSING = "–";
const MINUS = "\u2212";

export class Format {
  private readonly numbers = new Map<string, Intl.NumberFormat>();
  private readonly dates = new Map<string, Intl.DateTimeFormat>();
  private readonly tag: string;

  constructor(
    language: Language,
    private readonly zone: string = "UTC",
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

  /** `10:15–10:30`, the end being left out if it is not known. */
  span = (start: string | number, end: string | number | null) =>
    end === null ? this.time(start) : `${this.time(start)}–${this.time(end)}`;

  private date(
    at: string | number | null | undefined,
    options: Intl.DateTimeFormatOptions,
  ): string {
    if (at === null || at === undefined) return MISSING;
    const ms = typeof at === "number" ? at : Date.parse(at);
    if (Number.isNaN(ms)) return MISSING;
    const name = Object.keys(options).join(" ");
    let format = this.dates.get(name);
    if (!format) {
      format = new Intl.DateTimeFormat(this.tag, { ...options, timeZone: this.zone });
      this.dates.set(name, format);
    }
    return format.format(ms);
  }
}

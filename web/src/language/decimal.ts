// Decimal strings: what the wire says of money, prices and energy, reckoned without a float.
//
// The one idea: a decimal is a whole number of its last place. Places are moved, never divided.

export interface Decimal {
  /** The number in units of its last place. */
  units: bigint;
  /** Digits behind the point. */
  places: number;
}

const PATTERN = /^([+-]?)(\d*)(?:\.(\d*))?$/;

/** Reads `-12.340`; null: not a decimal number. */
export function decimal(text: string): Decimal | null {
  const found = PATTERN.exec(text);
  if (!found) return null;
  const [, sign, whole = "", part = ""] = found;
  if (whole === "" && part === "") return null;
  const units = BigInt(`${whole}${part}`);
  return { units: sign === "-" ? -units : units, places: part.length };
}

/** Writes it with all of its places. */
export function decimalText({ units, places }: Decimal): string {
  const minus = units < 0n;
  const digits = String(minus ? -units : units).padStart(places + 1, "0");
  const whole = places === 0 ? digits : digits.slice(0, -places);
  const part = places === 0 ? "" : `.${digits.slice(-places)}`;
  return `${minus ? "-" : ""}${whole}${part}`;
}

/** The same number times 10 to the power of `by`. */
export function shifted(value: Decimal, by: number): Decimal {
  const places = value.places - by;
  return places >= 0
    ? { units: value.units, places }
    : { units: value.units * 10n ** BigInt(-places), places: 0 };
}

/** Both in units of the finer one's last place. */
function aligned(a: Decimal, b: Decimal): [bigint, bigint, number] {
  const places = Math.max(a.places, b.places);
  const units = (each: Decimal) => each.units * 10n ** BigInt(places - each.places);
  return [units(a), units(b), places];
}

/** Negative, zero or positive, as a sort wants it. */
export function compare(a: Decimal, b: Decimal): number {
  const [x, y] = aligned(a, b);
  return x < y ? -1 : x > y ? 1 : 0;
}

export function sum(values: Iterable<Decimal>): Decimal {
  let total: Decimal = { units: 0n, places: 0 };
  for (const each of values) {
    const [x, y, places] = aligned(total, each);
    total = { units: x + y, places };
  }
  return total;
}

/** Whether it is a whole number of steps. */
export function isMultiple(value: Decimal, step: Decimal): boolean {
  const [x, y] = aligned(value, step);
  return y !== 0n && x % y === 0n;
}

/** Without zeros at its end, so that `1.500` and `1.5` are written alike. */
export function trimmed(value: Decimal): Decimal {
  let { units, places } = value;
  while (places > 0 && units % 10n === 0n) {
    units /= 10n;
    places -= 1;
  }
  return { units, places };
}

/** What a sort of columns asks; texts that are no number come last. */
export function compareTexts(a: string | null, b: string | null): number {
  const [x, y] = [a === null ? null : decimal(a), b === null ? null : decimal(b)];
  if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1;
  return compare(x, y);
}

/** Exact: as many places as both have together. */
export function product(a: Decimal, b: Decimal): Decimal {
  return { units: a.units * b.units, places: a.places + b.places };
}

/** A part of a whole in parts per million; null: of nothing. */
export function partPpm(part: string, whole: string): number | null {
  const [x, y] = [decimal(part), decimal(whole)];
  if (x === null || y === null || y.units <= 0n) return null;
  return Number(
    (x.units * 10n ** BigInt(y.places) * 1_000_000n) / (y.units * 10n ** BigInt(x.places)),
  );
}

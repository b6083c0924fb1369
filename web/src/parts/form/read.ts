// What people type as a number, read exactly.
//
// The one idea: what can be read in two ways is not guessed. `1,5` is no number where the comma
// parts thousands.

import { compare, decimal, decimalText, isMultiple, type Decimal } from "../../language/decimal";

function separators(tag: string): { point: string; group: string } {
  const parts = new Intl.NumberFormat(tag).formatToParts(-1_234_567.5);
  const of = (type: string, otherwise: string) =>
    parts.find((each) => each.type === type)?.value ?? otherwise;
  return { point: of("decimal", "."), group: of("group", ",") };
}

/** The decimal string of what was typed in a language; null: it is no number there. */
export function readDecimal(typed: string, tag: string): string | null {
  const { point, group } = separators(tag);
  // Full-width digits and signs of Chinese keyboards; the true minus; any space between digits.
  const plain = typed
    .normalize("NFKC")
    .replaceAll(/[\u2212\u2013]/g, "-")
    .replaceAll("。", ".");
  const text = plain.replaceAll(/[\s']/g, "");
  const [whole = "", ...rest] = text.split(point);
  if (rest.length > 1) return null;
  if (whole.includes(group)) {
    const [first = "", ...thousands] = whole.replace(/^[+-]/, "").split(group);
    const grouped = /^\d{1,3}$/.test(first) && thousands.every((each) => /^\d{3}$/.test(each));
    if (!grouped) return null;
  }
  const value = decimal([whole.replaceAll(group, ""), ...rest].join("."));
  return value === null ? null : decimalText(value);
}

export interface Bounds {
  /** Decimal strings. */
  min?: string | undefined;
  max?: string | undefined;
  step?: string | undefined;
}

export type Fault = "number" | "min" | "max" | "step";

/** What is wrong with a decimal string; null: nothing. */
export function faultOf(text: string, { min, max, step }: Bounds): Fault | null {
  const value = decimal(text);
  if (value === null) return "number";
  const bound = (each: string | undefined): Decimal | null => (each ? decimal(each) : null);
  const [least, most, unit] = [bound(min), bound(max), bound(step)];
  if (least && compare(value, least) < 0) return "min";
  if (most && compare(value, most) > 0) return "max";
  if (unit && !isMultiple(value, unit)) return "step";
  return null;
}

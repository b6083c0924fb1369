// What is reckoned from bills for the page: exactly, on decimal strings.

import { compareTexts, decimal, decimalText, sum, type Decimal } from "../../../language/decimal";
import type { Bill, Detail, Line, Plain } from "../../../wire/bills";

export const LINE_KINDS = [
  "energy_bought",
  "energy_sold",
  "deviation_short",
  "deviation_long",
  "deviation",
  "network_fee",
  "levies",
  "day_charge",
  "line_rent",
  "rent_return",
  "redispatch",
  "activation",
  "instructed",
  "last_resort",
  "replacement",
  "credit",
] as const;
export type LineKind = (typeof LINE_KINDS)[number] | "other";

export const kindOf = (kind: string): LineKind =>
  LINE_KINDS.find((each) => each === kind) ?? "other";

const ZERO: Decimal = { units: 0n, places: 0 };
const read = (text: string | null | undefined): Decimal =>
  (text == null ? null : decimal(text)) ?? ZERO;
const minus = ({ units, places }: Decimal): Decimal => ({ units: -units, places });

export const total = (amounts: readonly (string | null | undefined)[]): string =>
  decimalText(sum(amounts.map(read)));

/** By how much the bill is below the plain tariff; negative: above it. Null: no comparison. */
export function savingOf({ plain, total_amount }: Pick<Bill, "plain" | "total_amount">) {
  if (plain === null) return null;
  return decimalText(sum([read(plain.total_amount), minus(read(total_amount))]));
}

export const sign = (amount: string): number => compareTexts(amount, "0");

export interface Due {
  amount: string;
  /** The earliest day on which some of it is due. */
  day: string | null;
  overdue: boolean;
}

/** What is still to be paid of all bills that stand. */
export function dueOf(bills: readonly Bill[]): Due {
  const open = bills.filter(({ open_amount }) => open_amount !== null && sign(open_amount) > 0);
  const days = open.flatMap(({ due_day }) => due_day ?? []).sort();
  return {
    amount: total(open.map(({ open_amount }) => open_amount)),
    day: days[0] ?? null,
    overdue: open.some(({ payment_state }) => payment_state === "overdue"),
  };
}

/** The bills that stand, the newest month first; a later version takes the place of the earlier. */
export const standing = (bills: readonly Bill[]): Bill[] =>
  bills
    .filter(({ state }) => state === "issued")
    .sort((a, b) => b.month.localeCompare(a.month) || b.version - a.version);

/** What stands behind a line; `venues`: of trades, by their ids. */
export function behind(
  line: Line,
  details: readonly Detail[],
  venues: ReadonlyMap<string, string>,
): Detail[] {
  const from = Date.parse(line.start);
  const until = Date.parse(line.end);
  return details.filter(({ kind, start, reference }) => {
    // A posting of the month as a whole has no interval.
    const at = start === null ? from : Date.parse(start);
    if (kind !== line.kind || at < from || at >= until) return false;
    const venue = venues.get(reference);
    return line.detail === "" || venue === undefined || venue === line.detail;
  });
}

export interface Compared {
  key: "energy" | "fed_in" | "grid" | "levies" | "other" | "tax";
  bill: string;
  plain: string;
}

const PARTS: Record<string, Compared["key"]> = {
  energy_bought: "energy",
  deviation_short: "energy",
  energy_sold: "fed_in",
  deviation_long: "fed_in",
  network_fee: "grid",
  day_charge: "grid",
  levies: "levies",
};

/** The bill beside the plain tariff, part by part; both add up to their totals. */
export function compared(bill: Bill, plain: Plain): Compared[] {
  const of = (key: Compared["key"]) =>
    bill.lines.filter(({ kind }) => (PARTS[kind] ?? "other") === key).map(({ amount }) => amount);
  const given: Record<Compared["key"], string[]> = {
    energy: [plain.energy_amount],
    fed_in: [plain.fed_in_amount],
    grid: [plain.network_amount],
    levies: [plain.levies_amount],
    other: [rest(plain)],
    tax: [plain.tax_amount],
  };
  const keys = ["energy", "fed_in", "grid", "levies", "other", "tax"] as const;
  return keys.map((key) => ({
    key,
    bill:
      key === "tax"
        ? bill.tax_amount
        : total([...of(key), key === "other" ? bill.rounding_amount : null]),
    plain: total(given[key]),
  }));
}

/** What rounding to cents leaves. */
const rest = (plain: Plain): string =>
  decimalText(
    sum([
      read(plain.total_amount),
      ...[plain.energy_amount, plain.fed_in_amount, plain.network_amount, plain.levies_amount]
        .concat(plain.tax_amount)
        .map((each) => minus(read(each))),
    ]),
  );

// A bill as the market makes it, and what is reckoned from it for the page: exactly, on decimal strings.

import { compareTexts, decimal, decimalText, sum, type Decimal } from "../../../language/decimal";
import type { Page } from "../../../wire/client";

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

export interface Line {
  kind: string;
  /** Of energy: the venue of its trades. */
  detail: string;
  start: string;
  end: string;
  count: number;
  energy_kwh: string | null;
  price_per_mwh: string | null;
  /** Positive where the participant pays. */
  amount: string;
  correction: { day: string; version: number; run_id: string } | null;
  case_id: string | null;
  /** What of energy that calls brought over lines is for those lines; charged once, with the line. */
  of_which: OfWhich | null;
}

export interface OfWhich {
  energy_amount: string;
  line_fee_amount: string;
  line_loss_amount: string;
  line_rent_amount: string;
  line_rounding_amount: string;
}

export interface Tax {
  tax_id: string;
  name: string;
  rate_ppm: number;
  base_amount: string;
  amount: string;
}

export interface Plain {
  energy_amount: string;
  fed_in_amount: string;
  network_amount: string;
  levies_amount: string;
  tax_amount: string;
  total_amount: string;
}

export interface Green {
  source: string;
  area_id: string;
  own_use_kwh: string;
  bought_kwh: string;
  retired_kwh: string;
}

export interface Claim {
  line: number | null;
  kind: string;
  start: string;
  amount: string;
  tax_amount: string;
}

export interface Dispute {
  case_id: string;
  state: "open" | "in_work" | "closed";
  outcome: "upheld" | "rejected" | "withdrawn" | "resolved" | null;
  opened_at: string;
  take_by: string | null;
  taken_at: string | null;
  close_by: string | null;
  closed_at: string | null;
  held_amount: string | null;
  dispute: {
    version: number;
    lines: Claim[];
    unpayable_amount: string;
    remedy: "credit" | "corrected" | null;
    credited: Claim[];
    corrected_by: string | null;
  } | null;
  history: {
    kind: string;
    from: "customer" | "desk" | "market";
    at: string;
    text: string | null;
  }[];
}

export type PaymentState = "open" | "part_paid" | "paid" | "overdue";

export interface Bill {
  bill_id: string;
  participant_id: string;
  /** `2016-06` */
  month: string;
  version: number;
  state: "draft" | "issued" | "replaced";
  corrects: string | null;
  start: string;
  end: string;
  drafted_at: string;
  issued_at: string | null;
  withdrawn_kwh: string;
  fed_in_kwh: string;
  substituted_readings: number;
  lines: Line[];
  taxes: Tax[];
  net_amount: string;
  tax_amount: string;
  rounding_amount: string;
  total_amount: string;
  before_amount: string;
  paid_in_amount: string;
  unpayable_amount: string;
  plain_amount: string | null;
  plain: Plain | null;
  green_kwh: string;
  green: Green[];
  disputes: Dispute[];
  due_day: string | null;
  payment_state: PaymentState | null;
  payable_amount: string | null;
  paid_amount: string | null;
  open_amount: string | null;
}

/** A trade or posting behind a line. */
export interface Detail {
  kind: string;
  start: string;
  reference: string;
  energy_kwh: string | null;
  price_per_mwh: string | null;
  amount: string;
}

declare module "../../../wire/answers" {
  interface Answers {
    "GET /v1/markets/{market}/bills": Page<Bill>;
    "GET /v1/markets/{market}/bills/{bill_id}": Bill;
    "GET /v1/markets/{market}/bills/{bill_id}/details": Page<Detail>;
  }
}

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
    const at = Date.parse(start);
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

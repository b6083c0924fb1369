import { describe, expect, it } from "vitest";
import type { Bill, Detail, Line, Plain } from "../../../src/wire/bills";
import {
  behind,
  compared,
  dueOf,
  kindOf,
  savingOf,
  standing,
  total,
} from "../../../src/portal/screens/bills/bill";

const line = (kind: Line["kind"], amount: string, detail = ""): Line => ({
  ...{ kind, detail, amount, count: 1, energy_kwh: null, price_per_mwh: null },
  ...{ start: "2016-05-31T22:00:00Z", end: "2016-06-30T22:00:00Z" },
  ...{ correction: null, case_id: null, of_which: null },
});
const plain: Plain = {
  energy_amount: "1.17880940",
  fed_in_amount: "0.00000000",
  network_amount: "0.50540000",
  levies_amount: "0.36100000",
  tax_amount: "0.38858979",
  total_amount: "2.43000000",
};
const bill = (more: Partial<Bill>) =>
  ({
    ...{ bill_id: "b", month: "2016-06", version: 1, state: "issued", plain },
    ...{ lines: [], tax_amount: "0.10", rounding_amount: "0.00", total_amount: "2.74" },
    ...{ open_amount: "0.00", due_day: "2016-07-15", payment_state: "paid" },
    ...more,
  }) as Bill;

it("a saving is what the plain tariff would have cost more, to the quantum", () => {
  expect(savingOf(bill({}))).toBe("-0.31000000");
  expect(savingOf(bill({ total_amount: "2.00" }))).toBe("0.43000000");
  expect(savingOf(bill({ plain: null }))).toBeNull();
});

it("the parts of both sides add up to their totals", () => {
  const one = bill({
    lines: [
      line("energy_bought", "1.00"),
      line("energy_sold", "-0.30"),
      line("credit", "-0.05"),
      line("something_new" as Line["kind"], "0.01"),
    ],
    rounding_amount: "0.003",
    total_amount: "0.763",
  });
  const rows = compared(one, plain);
  expect(total(rows.map((row) => row.bill))).toBe("0.763");
  expect(total(rows.map((row) => row.plain))).toBe(plain.total_amount);
  expect(rows.find(({ key }) => key === "other")?.bill).toBe("-0.037");
});

describe("what is due", () => {
  it("is the sum of what is open, by the earliest day", () => {
    const open = { open_amount: "1.50", payment_state: "open" } as const;
    const late = { open_amount: "0.25", payment_state: "overdue", due_day: "2016-06-15" } as const;
    expect(dueOf([bill(open), bill(late), bill({})])).toEqual({
      amount: "1.75",
      day: "2016-06-15",
      overdue: true,
    });
  });
  it("is nothing where everything is paid", () => {
    expect(dueOf([bill({}), bill({ open_amount: null })])).toMatchObject({
      day: null,
      overdue: false,
    });
  });
});

it("only bills that stand are listed, the newest first", () => {
  const all = [
    bill({ month: "2016-05" }),
    bill({ version: 1, state: "replaced" }),
    bill({ version: 2 }),
  ];
  expect(standing(all).map(({ month, version }) => `${month} ${version}`)).toEqual([
    "2016-06 2",
    "2016-05 1",
  ]);
});

it("behind a line stand the trades of its kind and venue, within its time", () => {
  const detail = (reference: string, kind = "energy_bought", start = "2016-06-30T18:00:00Z") =>
    ({ kind, start, reference, amount: "1" }) as Detail;
  const details = [
    detail("t1"),
    detail("t2"),
    detail("s1", "energy_sold"),
    detail("t3", "energy_bought", "2016-06-30T22:00:00Z"),
  ];
  const venues = new Map([
    ["t1", "call"],
    ["t2", "continuous"],
    ["t3", "call"],
  ]);
  const found = behind(line("energy_bought", "1", "call"), details, venues);
  expect(found.map(({ reference }) => reference)).toEqual(["t1"]);
});

it("a posting of the month as a whole stands behind the line of its kind", () => {
  const posting = { kind: "day_charge", start: null, reference: "p1" } as Detail;
  expect(behind(line("day_charge", "1"), [posting], new Map())).toEqual([posting]);
  expect(behind(line("levies", "1"), [posting], new Map())).toEqual([]);
});

it("a kind this page does not know is said as another one", () => {
  expect([kindOf("levies"), kindOf("new")]).toEqual(["levies", "other"]);
});

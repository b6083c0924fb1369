// Green certificates by where they come from, and the green part of days: pure.

import { decimal, decimalText, sum } from "../../../language/decimal";

/** What certificates are issued for. */
export const SOURCES = ["solar", "wind", "hydro"] as const;

export interface Lot {
  day: string;
  unit_id: string;
  source: string;
  area_id: string;
  own_use_kwh: string;
  used_kwh: string;
  kept_kwh: string;
  received_kwh: string;
  given_kwh: string;
  retired_kwh: string;
  exported_kwh: string;
  held_kwh: string;
  owed_kwh: string;
}

export type By = "source" | "area_id" | "day";

export interface Group {
  key: string;
  /** Of what one used: made at home, or come with what was bought. */
  used: string;
  kept: string;
  received: string;
  given: string;
  retired: string;
  exported: string;
  /** Still there: held less what is owed. */
  held: string;
}

const add = (values: readonly string[], minus: readonly string[] = []): string => {
  const read = (text: string) => decimal(text) ?? { units: 0n, places: 0 };
  const less = minus.map(read).map(({ units, places }) => ({ units: -units, places }));
  return decimalText(sum([...values.map(read), ...less]));
};

/** Lots added up by source, place or day, in the order of their keys; days the latest first. */
export function groups(lots: readonly Lot[], by: By): Group[] {
  const found = new Map<string, Lot[]>();
  for (const lot of lots) found.set(lot[by], [...(found.get(lot[by]) ?? []), lot]);
  const ordered = [...found].sort(([a], [b]) =>
    by === "day" ? b.localeCompare(a) : a.localeCompare(b),
  );
  return ordered.map(([key, items]) => group(key, items));
}

export function group(key: string, lots: readonly Lot[]): Group {
  const of = (name: keyof Lot) => lots.map((lot) => lot[name]);
  return {
    key,
    used: add([...of("own_use_kwh"), ...of("used_kwh")]),
    kept: add(of("kept_kwh")),
    received: add(of("received_kwh")),
    given: add(of("given_kwh")),
    retired: add(of("retired_kwh")),
    exported: add(of("exported_kwh")),
    held: add(of("held_kwh"), of("owed_kwh")),
  };
}

export interface ShareRow {
  start: string;
  scope: string;
  used_kwh: string;
  green_kwh: string;
}

/** The green part of what a scope used on a day, parts per million; null: it used nothing. */
export function sharePpm(rows: readonly Omit<ShareRow, "start">[], scope: string): number | null {
  const mine = rows.filter((row) => row.scope === scope);
  const wh = (name: "used_kwh" | "green_kwh") => {
    const { units, places } = sum(mine.flatMap((row) => decimal(row[name]) ?? []));
    return units * 10n ** BigInt(Math.max(0, 3 - places));
  };
  const used = wh("used_kwh");
  return used > 0n ? Number((wh("green_kwh") * 1_000_000n) / used) : null;
}

// Which columns a person sees, in what order, sorted by what: kept in this browser.

import { useEffect, useState } from "react";
import { useSame } from "../same";
import type { Column } from "./columns";

export interface Sort {
  id: string;
  desc: boolean;
}

export interface Layout {
  hidden: string[];
  order: string[];
  sort: Sort[];
}

export function firstLayout<Row>(columns: readonly Column<Row>[], sort: Sort[] = []): Layout {
  return {
    hidden: columns.filter((each) => each.hidden).map((each) => each.key),
    order: columns.map((each) => each.key),
    sort,
  };
}

/**
 * A stored layout held against the columns there are: what it does not know stands where it was put
 * by whoever made the table, what is gone is left out.
 */
export function fitted<Row>(stored: unknown, columns: readonly Column<Row>[], first: Layout) {
  if (typeof stored !== "object" || stored === null) return first;
  const { hidden, order, sort } = stored as Partial<Layout>;
  if (!Array.isArray(hidden) || !Array.isArray(order) || !Array.isArray(sort)) return first;
  const keys = columns.map((each) => each.key);
  const known = order.filter((each) => keys.includes(each));
  const fresh = keys.filter((each) => !known.includes(each));
  const result = [...known];
  for (const key of fresh) result.splice(keys.indexOf(key), 0, key);
  const shown = result.filter((each) => !hidden.includes(each));
  return {
    hidden: [
      ...hidden.filter((each) => keys.includes(each)),
      ...fresh.filter((each) => first.hidden.includes(each)),
    ],
    order: result,
    sort: sort.filter((each) => each && keys.includes(each.id) && typeof each.desc === "boolean"),
    // A table without columns shows nothing and cannot be told from one without rows.
    ...(shown.length === 0 ? { hidden: first.hidden } : {}),
  };
}

const name = (table: string) => `wattmarket.table.${table}`;

/** Storage may be full, forbidden or hold nonsense: then the layout lasts as long as the page. */
function read(table: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(name(table)) ?? "null");
  } catch {
    return null;
  }
}

function write(table: string, layout: Layout, first: Layout): void {
  try {
    if (JSON.stringify(layout) === JSON.stringify(first)) localStorage.removeItem(name(table));
    else localStorage.setItem(name(table), JSON.stringify(layout));
  } catch {
    // Nothing is lost that the page needs.
  }
}

export function useLayout<Row>(table: string, columns: readonly Column<Row>[], sort?: Sort[]) {
  const first = firstLayout(columns, sort);
  const [layout, setLayout] = useState(() => fitted(read(table), columns, first));
  useEffect(() => write(table, layout, first));
  // Columns may come and go with what the screen is asked for.
  const now = useSame(fitted(layout, columns, first));
  return { layout: now, setLayout, reset: () => setLayout(first) };
}

// What a column is, and how its values are ordered and found.

import type { ReactNode } from "react";
import { compareTexts } from "../../language/decimal";

export type Value = string | number | null | undefined;

export interface Column<Row> {
  key: string;
  title: string;
  /** Stands behind the title: the unit of all its numbers. */
  unit?: string;
  /** Each cell says its unit itself: a head or a card need not; a file does. */
  unitInCells?: boolean;
  /**
   * Decides order, side and what a search finds: texts, exact decimals (decimal strings, to the
   * right), instants (ISO texts or ms).
   */
  kind: "text" | "decimal" | "time";
  /** For order, search and CSV: as the wire has it. */
  value(row: Row): Value;
  /** As it is shown; left out: the value. */
  cell?(row: Row): ReactNode;
  /** What a search finds besides the value, for words of codes. */
  said?(row: Row): string;
  /** Pixels at least; the rest is shared. */
  width?: number;
  /** Not shown until it is chosen. */
  hidden?: boolean;
  sortable?: boolean;
  /** One of its values can be chosen to see only these rows; the words are as `said` has them. */
  choosable?: boolean;
  /** Where rows are cards: its title, or not on it. */
  card?: "title" | "none";
}

export function compareValues(kind: Column<unknown>["kind"], a: Value, b: Value): number {
  if (a == null || b == null) return a == null ? (b == null ? 0 : 1) : -1;
  if (kind === "decimal") return compareTexts(String(a), String(b));
  if (kind === "time") return instant(a) - instant(b);
  return COLLATOR.compare(String(a), String(b));
}

const instant = (value: string | number) =>
  typeof value === "number" ? value : Date.parse(value) || 0;

/** `A2` before `A10`. */
const COLLATOR = new Intl.Collator(undefined, { numeric: true });

/** Whether a row has every word of a search in one of its columns. */
export function matches<Row>(columns: readonly Column<Row>[], row: Row, search: string): boolean {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const text = columns
    .map((each) => `${each.value(row) ?? ""} ${each.said?.(row) ?? ""}`)
    .join("\n")
    .toLowerCase();
  return words.every((each) => text.includes(each));
}

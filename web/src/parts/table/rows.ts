// The table's model: which rows in which order, which columns, what is selected (TanStack Table).

import {
  columnFilteringFeature,
  columnOrderingFeature,
  columnVisibilityFeature,
  createFilteredRowModel,
  createSortedRowModel,
  globalFilteringFeature,
  rowSelectionFeature,
  rowSortingFeature,
  tableFeatures,
  useTable,
  type ColumnDef,
  type RowSelectionState,
  type Updater,
} from "@tanstack/react-table";
import { useMemo, useState } from "react";
import { useSame } from "../same";
import { compareValues, matches, type Column } from "./columns";
import type { Layout, Sort } from "./layout";

const features = tableFeatures({
  columnFilteringFeature,
  globalFilteringFeature,
  rowSortingFeature,
  rowSelectionFeature,
  columnVisibilityFeature,
  columnOrderingFeature,
  filteredRowModel: createFilteredRowModel(),
  sortedRowModel: createSortedRowModel(),
});
type Features = typeof features;

interface Wanted<Row extends object> {
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey(row: Row): string;
  layout: Layout;
  setLayout(layout: Layout): void;
  search: string;
  /** Chosen value by column. */
  choices: Readonly<Record<string, string>>;
  selection: readonly string[];
  onSelect(keys: string[]): void;
}

function definitions<Row extends object>(columns: readonly Column<Row>[]) {
  return columns.map((column): ColumnDef<Features, Row> => ({
    id: column.key,
    accessorFn: (row) => column.value(row) ?? undefined,
    enableSorting: column.sortable !== false,
    // What is not known stays last, whichever way one sorts.
    sortUndefined: "last",
    sortFn: (a, b) =>
      compareValues(column.kind, column.value(a.original), column.value(b.original)),
    filterFn: (row, _id, wanted) => String(column.value(row.original) ?? "") === wanted,
  }));
}

export function useRows<Row extends object>(wanted: Wanted<Row>) {
  const { columns, rows, rowKey, layout, setLayout, search, onSelect } = wanted;
  // What is the same must be the very same: the table draws itself anew for what has changed.
  const choices = useSame(wanted.choices);
  const selection = useSame(wanted.selection);
  const defined = useMemo(() => definitions(columns), [columns]);
  const columnVisibility = useMemo(
    () => Object.fromEntries(layout.hidden.map((key) => [key, false])),
    [layout.hidden],
  );
  const columnFilters = useMemo(
    () => Object.entries(choices).map(([id, value]) => ({ id, value })),
    [choices],
  );
  const rowSelection = useMemo<RowSelectionState>(
    () => Object.fromEntries(selection.map((key) => [key, true])),
    [selection],
  );
  const table = useTable<Features, Row>({
    features,
    columns: defined,
    data: rows as Row[],
    getRowId: rowKey,
    state: {
      sorting: layout.sort,
      columnVisibility,
      columnOrder: layout.order,
      columnFilters,
      globalFilter: search,
      rowSelection,
    },
    globalFilterFn: (row, _id, text: string) => matches(columns, row.original, text),
    // Once a row: the search looks into all of its columns itself.
    getColumnCanGlobalFilter: ({ id }) => id === columns[0]?.key,
    onSortingChange: (next: Updater<Sort[]>) =>
      setLayout({ ...layout, sort: typeof next === "function" ? next(layout.sort) : next }),
    onRowSelectionChange: (next: Updater<RowSelectionState>) => {
      const state = typeof next === "function" ? next(rowSelection) : next;
      onSelect(Object.keys(state).filter((key) => state[key]));
    },
  });
  const found = table.getRowModel().rows;
  return {
    shown: useMemo(() => found.map((each) => each.original), [found]),
    visible: table
      .getVisibleLeafColumns()
      .flatMap(({ id }) => columns.find((each) => each.key === id) ?? []),
    /** Ascending, then descending, then as they came. */
    sortBy: (key: string) => table.getColumn(key)?.toggleSorting(),
    selectAll: (on: boolean) => table.toggleAllRowsSelected(on),
    allSelected: table.getIsAllRowsSelected(),
    someSelected: table.getIsSomeRowsSelected(),
  };
}

/** Selection kept here, or by who made the table. */
export function useSelection(
  given: readonly string[] | undefined,
  tell?: (keys: string[]) => void,
) {
  const [own, setOwn] = useState<readonly string[]>([]);
  return {
    selection: given ?? own,
    onSelect: (keys: string[]) => {
      setOwn(keys);
      tell?.(keys);
    },
  };
}

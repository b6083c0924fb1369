// The head of a column: its title, its unit, and by what it is sorted.

import { useSpeech } from "../../language/Speak";
import { Icon } from "../icons";
import type { Column } from "./columns";
import type { Sort } from "./layout";

interface Props<Row> {
  column: Column<Row>;
  sort: Sort | undefined;
  /** Null: it is sorted elsewhere, and its title is only told. */
  onSort: (() => void) | null;
}

export function HeaderCell<Row>({ column, sort, onSort }: Props<Row>) {
  const { t } = useSpeech();
  const title = (
    <>
      {column.title}
      {column.unit && !column.unitInCells && <span className="p-unit">{column.unit}</span>}
    </>
  );
  const side = column.kind === "decimal" ? "p-cell p-cell-number" : "p-cell";
  return (
    <div
      role="columnheader"
      className={side}
      aria-sort={sort ? (sort.desc ? "descending" : "ascending") : undefined}
    >
      {column.sortable === false || onSort === null ? (
        <span className="p-head-title">{title}</span>
      ) : (
        <button
          type="button"
          className="p-head-title p-head-sort"
          title={t("table.sort", { column: column.title })}
          onClick={onSort}
        >
          {title}
          {sort && <Icon name={sort.desc ? "down" : "up"} size={12} />}
        </button>
      )}
    </div>
  );
}

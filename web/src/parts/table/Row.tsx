// One row: across, or as a card.
//
// Drawn anew only when it is another row or looks different: while one scrolls, most stay as they are.

import { memo, type MouseEvent, type ReactNode } from "react";
import { useSpeech } from "../../language/Speak";
import { Icon } from "../icons";
import { Checkbox } from "./Checkbox";
import type { Column } from "./columns";

export interface RowActs<Row> {
  tick(row: Row): void;
  act(row: Row): void;
}

interface RowProps<Row> {
  id: string;
  row: Row;
  /** Counted from 0; the head is the grid's first row. */
  at: number;
  columns: readonly Column<Row>[];
  current: boolean;
  /** Null: rows are not ticked here. */
  ticked: boolean | null;
  open: boolean;
  /** Whether a click on it does something. */
  live: boolean;
  /** The same object from drawing to drawing. */
  acts: RowActs<Row>;
  details: ((row: Row) => ReactNode) | undefined;
  tone: string | undefined;
}

const shownIn = <Row,>(column: Column<Row>, row: Row): ReactNode =>
  column.cell ? column.cell(row) : (column.value(row) ?? "–");

const bound = <Row,>({ row, live, acts }: RowProps<Row>) => ({
  onTick: () => acts.tick(row),
  onAct: live ? () => acts.act(row) : undefined,
});

/** A click on what is a control in itself is not one on the row. */
const onRow = (act: (() => void) | undefined) => (event: MouseEvent) => {
  const target = event.target as Element;
  if (!target.closest("a, button, input, label, select") && !getSelection()?.toString()) act?.();
};

const classOf = (name: string, { current, ticked, live, tone }: Omit<RowProps<never>, "row">) =>
  [
    name,
    current && "p-current",
    ticked && "p-ticked",
    live && "p-live",
    tone && `p-tinted p-${tone}`,
  ]
    .filter(Boolean)
    .join(" ");

function Across<Row>(props: RowProps<Row> & { template: string }) {
  const { id, row, at, columns, ticked, open, details, template } = props;
  const { onTick, onAct } = bound(props);
  return (
    <>
      <div
        id={id}
        role="row"
        aria-rowindex={at + 2}
        aria-selected={ticked ?? undefined}
        className={classOf("p-row", props as never)}
        style={{ gridTemplateColumns: template }}
        onClick={onRow(onAct)}
      >
        {ticked !== null && <Tick ticked={ticked} onTick={onTick} at={at} />}
        {details && <Fold open={open} onAct={onAct} />}
        {columns.map((column) => (
          <div
            key={column.key}
            role="gridcell"
            className={column.kind === "decimal" ? "p-cell p-cell-number" : "p-cell"}
          >
            {shownIn(column, row)}
          </div>
        ))}
      </div>
      {details && open && <Details>{details(row)}</Details>}
    </>
  );
}

function Card<Row>(props: RowProps<Row>) {
  const { id, row, at, columns, ticked, open, details } = props;
  const { onTick, onAct } = bound(props);
  const title = columns.find((each) => each.card === "title") ?? columns[0];
  const rest = columns.filter((each) => each !== title && each.card !== "none");
  return (
    <>
      <div
        id={id}
        role="row"
        aria-rowindex={at + 2}
        aria-selected={ticked ?? undefined}
        className={classOf("p-card", props as never)}
        onClick={onRow(onAct)}
      >
        <div className="p-card-head" role="presentation">
          {ticked !== null && <Tick ticked={ticked} onTick={onTick} at={at} />}
          <div role="gridcell" className="p-card-title">
            {title && shownIn(title, row)}
          </div>
          {details && <Fold open={open} onAct={onAct} />}
        </div>
        {rest.map((column) => (
          <div key={column.key} role="gridcell" className="p-card-fact">
            <span className="p-card-label">{column.title}</span>
            <span className="p-card-value">
              {shownIn(column, row)}
              {column.unit && !column.unitInCells && (
                <span className="p-unit">{"\u00a0" + column.unit}</span>
              )}
            </span>
          </div>
        ))}
      </div>
      {details && open && <Details>{details(row)}</Details>}
    </>
  );
}

// The compiler would otherwise forget what kind of row it is.
export const GridRow = memo(Across) as typeof Across;
export const CardRow = memo(Card) as typeof Card;

function Tick({ ticked, onTick, at }: { ticked: boolean; onTick(): void; at: number }) {
  const { t } = useSpeech();
  return (
    <div role="gridcell" className="p-cell p-cell-tick">
      <Checkbox label={t("table.select", { row: at + 1 })} checked={ticked} onChange={onTick} />
    </div>
  );
}

function Fold({ open, onAct }: { open: boolean; onAct: (() => void) | undefined }) {
  const { t } = useSpeech();
  return (
    <div role="gridcell" className="p-cell p-cell-tick">
      <button
        type="button"
        className="p-fold"
        aria-expanded={open}
        aria-label={t("table.details")}
        onClick={onAct}
      >
        <Icon name={open ? "below" : "open"} size={14} />
      </button>
    </div>
  );
}

function Details({ children }: { children: ReactNode }) {
  return (
    <div role="row" className="p-details">
      <div role="gridcell" className="p-details-cell">
        {children}
      </div>
    </div>
  );
}

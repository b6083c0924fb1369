// The rows in sight, as a grid or, where it is narrow, as cards.

import { useVirtualizer } from "@tanstack/react-virtual";
import {
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
} from "react";
import type { ReactNode } from "react";
import { useSpeech } from "../../language/Speak";
import { rem } from "../measure";
import { Checkbox } from "./Checkbox";
import type { Column } from "./columns";
import type { More } from "./DataTable";
import { CardOrder } from "./CardOrder";
import { HeaderCell } from "./HeaderCell";
import type { Sort } from "./layout";
import { CardRow, GridRow, type RowActs } from "./Row";
import type { useRows } from "./rows";

interface Props<Row extends object> {
  id: string;
  label: string;
  model: ReturnType<typeof useRows<Row>>;
  rowKey(row: Row): string;
  sort: readonly Sort[];
  onSort(sort: Sort[]): void;
  selectable: boolean;
  selection: readonly string[];
  onSelect(keys: string[]): void;
  onOpen: ((row: Row) => void) | undefined;
  details: ((row: Row) => ReactNode) | undefined;
  /** Keys of rows whose details are shown. */
  open: readonly string[];
  setOpen(keys: string[]): void;
  tone: ((row: Row) => string | undefined) | undefined;
  height: number | undefined;
  more: More | undefined;
}

const ROW_PX = 30;
const CARD_PX = 150;
/** Narrower than this, a row is a card. */
const NARROW_PX = 560;
const TICK_PX = 40;
/** So many rows before the end, the next page is asked for. */
const AHEAD = 25;

export function Body<Row extends object>(props: Props<Row>) {
  const {
    id,
    label,
    model,
    rowKey,
    selectable,
    selection,
    onSelect,
    details,
    open,
    setOpen,
    more,
  } = props;
  const { shown, visible } = model;
  const { t } = useSpeech();
  const box = useRef<HTMLDivElement>(null);
  const narrow = useNarrow(box);
  const [current, setCurrent] = useState<string | null>(null);
  const index = current === null ? -1 : shown.findIndex((row) => rowKey(row) === current);

  // The same functions from drawing to drawing: a new one makes the virtualizer measure all anew.
  const keyOf = useCallback((at: number) => keyAt(shown, rowKey, at), [shown, rowKey]);
  const sizeOf = useCallback(() => (narrow ? CARD_PX : ROW_PX), [narrow]);
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => box.current,
    estimateSize: sizeOf,
    getItemKey: keyOf,
    overscan: narrow ? 4 : 12,
    // Tests have no layout; a browser says its own size at once.
    initialRect: { width: 1000, height: 600 },
  });
  // Before the browser tells sizes: later it would forget them, and nothing would tell them again.
  useLayoutEffect(() => virtual.measure(), [narrow, virtual]);
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (more?.has && !more.loading && last >= shown.length - AHEAD) more.load();
  }, [more, last, shown.length]);

  const toggle = (key: string) =>
    onSelect(
      selection.includes(key) ? selection.filter((each) => each !== key) : [...selection, key],
    );
  const unfold = (key: string) =>
    setOpen(open.includes(key) ? open.filter((each) => each !== key) : [...open, key]);
  const act = (row: Row) => {
    setCurrent(rowKey(row));
    if (details) unfold(rowKey(row));
    else props.onOpen?.(row);
  };
  const go = (to: number) => {
    const at = Math.max(0, Math.min(shown.length - 1, to));
    setCurrent(keyAt(shown, rowKey, at));
    virtual.scrollToIndex(at);
  };
  const keys = (event: KeyboardEvent) => {
    // What stands in a cell, a link or a box, keeps its own keys.
    if (event.target !== event.currentTarget || event.altKey || event.metaKey) return;
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 300) / ROW_PX) - 2);
    const row = shown[index];
    const moves: Record<string, number> = {
      ArrowDown: index + 1,
      ArrowUp: index - 1,
      PageDown: index + page,
      PageUp: index - page,
      Home: 0,
      End: shown.length - 1,
    };
    const to = moves[event.key];
    if (to !== undefined) go(to);
    else if (event.key === " " && row && selectable) toggle(rowKey(row));
    else if (event.key === "Enter" && row && (details || props.onOpen)) act(row);
    else return;
    event.preventDefault();
  };

  const latest = useRef({ toggle, act });
  latest.current = { toggle, act };
  const [acts] = useState<RowActs<Row>>(() => ({
    tick: (row) => latest.current.toggle(rowKey(row)),
    act: (row) => latest.current.act(row),
  }));
  const ticked = useMemo(() => new Set(selection), [selection]);
  const columns = template(visible, selectable, details !== undefined);
  const least = widthOf(visible) + (selectable ? TICK_PX : 0) + (details ? TICK_PX : 0);
  const extra = (selectable ? 1 : 0) + (details ? 1 : 0);
  const mark = (row: Row, at: number) => ({
    id: `${id}-${at}`,
    row,
    at,
    columns: visible,
    current: at === index,
    ticked: selectable ? ticked.has(rowKey(row)) : null,
    open: open.includes(rowKey(row)),
    live: details !== undefined || props.onOpen !== undefined,
    acts,
    details,
    tone: props.tone?.(row),
  });

  const all = (
    <Checkbox
      label={t("table.select_all")}
      checked={model.allSelected}
      partly={model.someSelected}
      onChange={model.selectAll}
    />
  );
  const grid = (
    <div
      ref={box}
      className={narrow ? "p-grid p-grid-cards" : "p-grid"}
      style={props.height === undefined ? undefined : { height: rem(props.height), flex: "none" }}
      role="grid"
      tabIndex={0}
      aria-label={label}
      aria-rowcount={more?.has ? -1 : shown.length + 1}
      aria-colcount={visible.length + extra}
      aria-multiselectable={selectable || undefined}
      aria-activedescendant={index >= 0 ? `${id}-${index}` : undefined}
      onKeyDown={keys}
      onFocus={(event) => {
        if (event.target === event.currentTarget && index < 0) go(0);
      }}
    >
      <div
        // Cards name their values themselves; the titles stay for who moves through the grid by ear.
        className={narrow ? "unseen" : "p-grid-head"}
        role="row"
        aria-rowindex={1}
        style={narrow ? undefined : { gridTemplateColumns: columns, minWidth: least }}
      >
        {selectable && (
          <div role="columnheader" className="p-cell p-cell-tick">
            {narrow ? <span>{t("table.select_all")}</span> : all}
          </div>
        )}
        {details && (
          <div role="columnheader" className="p-cell p-cell-tick">
            <span className="unseen">{t("table.details")}</span>
          </div>
        )}
        {visible.map((column) => (
          <HeaderCell
            key={column.key}
            column={column}
            sort={props.sort.find((each) => each.id === column.key)}
            onSort={narrow ? null : () => model.sortBy(column.key)}
          />
        ))}
      </div>
      <div
        className="p-grid-rows"
        role="rowgroup"
        style={{ height: virtual.getTotalSize(), minWidth: narrow ? undefined : rem(least) }}
      >
        {items.map((item) => {
          const row = shown[item.index];
          if (row === undefined) return null;
          const given = mark(row, item.index);
          return (
            <div
              // A card is measured anew: it is not as high as the row that it was.
              key={`${narrow} ${item.key}`}
              ref={virtual.measureElement}
              data-index={item.index}
              className="p-grid-place"
              role="presentation"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              {narrow ? <CardRow {...given} /> : <GridRow {...given} template={columns} />}
            </div>
          );
        })}
      </div>
    </div>
  );
  // Always the same place in the tree: the grid is not made anew when it becomes narrow.
  return (
    <>
      {narrow && shown.length > 1 && (
        <CardOrder columns={visible} sort={props.sort} onSort={props.onSort}>
          {selectable && all}
        </CardOrder>
      )}
      {grid}
    </>
  );
}

function keyAt<Row>(rows: readonly Row[], rowKey: (row: Row) => string, at: number): string {
  const row = rows[at];
  return row === undefined ? String(at) : rowKey(row);
}

const WIDTH: Record<Column<unknown>["kind"], number> = { text: 130, decimal: 110, time: 120 };
const least = <Row,>(column: Column<Row>) => column.width ?? WIDTH[column.kind];

const widthOf = <Row,>(columns: readonly Column<Row>[]) =>
  columns.reduce((sum, each) => sum + least(each), 0);

function template<Row>(columns: readonly Column<Row>[], tick: boolean, fold: boolean): string {
  const own = columns.map((each) => `minmax(${rem(least(each))}, ${least(each)}fr)`);
  const edge = rem(TICK_PX);
  return [...(tick ? [edge] : []), ...(fold ? [edge] : []), ...own].join(" ");
}

function useNarrow(box: { current: HTMLDivElement | null }): boolean {
  const [narrow, setNarrow] = useState(false);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element || typeof ResizeObserver === "undefined") return;
    const sizes = new ResizeObserver(() => {
      // Hidden while something is fetched it has no width, and its rows stay what they were.
      if (element.clientWidth > 0) setNarrow(element.clientWidth < NARROW_PX);
    });
    sizes.observe(element);
    return () => sizes.disconnect();
  }, [box]);
  return narrow;
}

// A table of any number of rows: sorted, searched, chosen from, by mouse, finger or keyboard.
//
// The one idea: only the rows in sight are in the page; how many there are is said to screen readers
// by counts. One row is the current one, moved by the arrow keys and never lost when rows come in.

import { useEffect, useId, useMemo, useState, type ReactNode } from "react";
import { useSpeech } from "../../language/Speak";
import { Button } from "../Button";
import { Empty, Failed, Loading } from "../state/states";
import { Body } from "./Body";
import type { Column } from "./columns";
import { csvText, saveCsv } from "./csv";
import { useLayout, type Sort } from "./layout";
import { useRows, useSelection } from "./rows";
import { TableTools } from "./TableTools";
import "./table.css";

/** Rows of one page after the other, as far as one scrolls. */
export interface More {
  has: boolean;
  loading: boolean;
  load(): void;
}

export interface Act<Row> {
  label: string;
  danger?: boolean;
  run(rows: Row[]): void;
}

export interface DataTableProps<Row extends object> {
  /** Unique among tables: the layout is kept under it, and the file is called so. */
  name: string;
  /** What the table holds, for screen readers. */
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey(row: Row): string;
  sort?: Sort[];
  state?: "ready" | "loading" | "failed";
  /** Where the state is failed. */
  failed?: { code: string; traceId?: string | null; onAgain?: () => void };
  /** What is here when there is something. */
  empty: ReactNode;
  more?: More;
  /** Rows may be ticked. Both of these, or neither and the table keeps it itself. */
  selection?: readonly string[];
  onSelect?(keys: string[]): void;
  acts?: readonly Act<Row>[];
  /** What Enter and a click on a row do. */
  onOpen?(row: Row): void;
  /** Shown beneath a row that was opened. */
  details?(row: Row): ReactNode;
  /** What is worth being marked: the row's ground. */
  tone?(row: Row): "good" | "warning" | "bad" | undefined;
  /** Pixels; left out: as high as its room, at least 12 rows. */
  height?: number;
  /** Controls beside the search. */
  tools?: ReactNode;
  /** Without search, columns and CSV: for a few rows. */
  bare?: boolean;
}

export function DataTable<Row extends object>(props: DataTableProps<Row>) {
  const { name, label, columns, rows, rowKey, state = "ready", acts = [], more } = props;
  const { t, format } = useSpeech();
  const { layout, setLayout, reset } = useLayout(name, columns, props.sort);
  const [search, setSearch] = useState("");
  const [choices, setChoices] = useState<Record<string, string>>({});
  // Here, not in the body: a row that is gone for a moment is open again when it is back.
  const [open, setOpen] = useState<readonly string[]>([]);
  const { selection, onSelect } = useSelection(props.selection, props.onSelect);
  const selectable = acts.length > 0 || props.onSelect !== undefined;
  const model = useRows({
    ...{ columns, rows, rowKey, layout, setLayout },
    ...{ search, choices, selection, onSelect },
  });
  const { shown, visible } = model;
  const narrowed = search.trim() !== "" || Object.keys(choices).length > 0;
  const counted = t(narrowed ? "table.found" : "table.count", {
    count: format.whole(shown.length),
    total: format.whole(rows.length),
  });
  const news = useNews(counted);
  const ticked = useMemo(() => {
    const wanted = new Set(selection);
    return rows.filter((row) => wanted.has(rowKey(row)));
  }, [rows, rowKey, selection]);
  const clear = () => {
    setSearch("");
    setChoices({});
  };
  const save = () =>
    saveCsv(
      name,
      csvText([
        visible.map((each) => (each.unit ? `${each.title} (${each.unit})` : each.title)),
        ...shown.map((row) => visible.map((each) => each.value(row))),
      ]),
    );
  const id = useId();

  return (
    <div className="p-table">
      {!props.bare && (
        <TableTools
          {...{ columns, rows, layout, setLayout, reset, search, setSearch, choices, setChoices }}
          label={label}
          onSave={shown.length > 0 ? save : undefined}
        >
          {props.tools}
        </TableTools>
      )}
      {selectable && ticked.length > 0 && (
        <div className="p-table-acts" role="group" aria-label={t("table.acts")}>
          <b>{t("table.selected", { count: format.whole(ticked.length) })}</b>
          {acts.map((act) => (
            <Button
              key={act.label}
              kind={act.danger ? "danger" : "plain"}
              onPress={() => act.run(ticked)}
            >
              {act.label}
            </Button>
          ))}
          <Button kind="quiet" onPress={() => onSelect([])}>
            {t("table.unselect")}
          </Button>
        </div>
      )}
      {state === "failed" && props.failed ? (
        <Failed {...props.failed} />
      ) : state === "loading" && rows.length === 0 ? (
        <Loading shape="table" rows={10} />
      ) : rows.length === 0 ? (
        typeof props.empty === "string" ? (
          <Empty>{props.empty}</Empty>
        ) : (
          props.empty
        )
      ) : shown.length === 0 ? (
        <Empty
          title={t("table.no_match")}
          action={<Button onPress={clear}>{t("table.clear")}</Button>}
        >
          {t("table.no_match_text")}
        </Empty>
      ) : (
        <Body
          {...{ id, label, model, rowKey, selection, onSelect, selectable, open, setOpen }}
          sort={layout.sort}
          onSort={(sort) => setLayout({ ...layout, sort })}
          onOpen={props.onOpen}
          details={props.details}
          tone={props.tone}
          height={props.height}
          more={more}
        />
      )}
      <p className="p-table-foot">
        {(state === "ready" || rows.length > 0) && (
          <>
            <span aria-hidden="true">{counted}</span>
            <span className="unseen" role="status">
              {news}
            </span>
          </>
        )}
        {more?.loading && <span>{t("nothing.loading")}</span>}
        {more?.has && !more.loading && <span>{t("table.more")}</span>}
      </p>
    </div>
  );
}

/** Said once it has been the same for a moment, not at every letter that is typed. */
function useNews(text: string): string {
  const [said, say] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => say(text), 250);
    return () => clearTimeout(timer);
  }, [text]);
  return said;
}

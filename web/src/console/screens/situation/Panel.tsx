// The frame of every panel: title, a line of facts, and the table behind the chart.

import { useEffect, useId, useRef, useState, type ReactNode } from "react";
import { useTexts } from "./texts";

interface Props {
  name: string;
  title: string;
  /** Controls beside the title. */
  tools?: ReactNode;
  /** A short fact beside the title. */
  note?: ReactNode;
  table?: () => ReactNode;
  children: ReactNode;
}

export function Panel({ name, title, tools, note, table, children }: Props) {
  const { t } = useTexts();
  const [asTable, setAsTable] = useState(false);
  const id = useId();
  const [body, scrolls] = useScrolls();
  const isTable = asTable && table !== undefined;
  return (
    <section className={`panel panel-${name}`} aria-labelledby={id}>
      <header className="panel-head">
        <h2 id={id}>{title}</h2>
        {note !== undefined && <span className="note">{note}</span>}
        <span className="spring" />
        {tools}
        {table && (
          <button
            type="button"
            className="quiet"
            aria-label={t(asTable ? "panel.show_chart" : "panel.show_table", { panel: title })}
            onClick={() => setAsTable(!asTable)}
          >
            {t(asTable ? "panel.chart" : "panel.table")}
          </button>
        )}
      </header>
      <div
        ref={body}
        className="panel-body"
        {...(scrolls && !isTable ? { tabIndex: 0, role: "group", "aria-label": title } : {})}
      >
        {isTable ? (
          // Scrolled by keyboard too, so it takes the focus.
          <div
            className="scroll"
            tabIndex={0}
            role="group"
            aria-label={`${title}: ${t("panel.table")}`}
          >
            {table()}
          </div>
        ) : (
          children
        )}
      </div>
    </section>
  );
}

/** Whether there is more in an element than it shows: then the keyboard has to reach it too. */
function useScrolls() {
  const element = useRef<HTMLDivElement>(null);
  const [scrolls, setScrolls] = useState(false);
  useEffect(() => {
    const body = element.current;
    if (body === null || typeof ResizeObserver === "undefined") return;
    const look = () =>
      setScrolls(body.scrollHeight > body.clientHeight || body.scrollWidth > body.clientWidth);
    const sizes = new ResizeObserver(look);
    const children = new MutationObserver(look);
    sizes.observe(body);
    children.observe(body, { childList: true, subtree: true, characterData: true });
    return () => {
      sizes.disconnect();
      children.disconnect();
    };
  }, []);
  return [element, scrolls] as const;
}

interface TableProps {
  caption: string;
  head: ReactNode[];
  /** First cell of each row is its heading. */
  rows: { key: string; cells: ReactNode[]; current?: boolean }[];
  /** Columns set to the left; the others are numbers. */
  left?: number[];
}

export function Table({ caption, head, rows, left = [0] }: TableProps) {
  const side = (column: number) => (left.includes(column) ? undefined : "number");
  return (
    <table>
      <caption className="unseen">{caption}</caption>
      <thead>
        <tr>
          {head.map((cell, column) => (
            <th key={column} scope="col" className={side(column)}>
              {cell}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, cells, current }) => (
          <tr key={key} className={current ? "current" : undefined}>
            {cells.map((cell, column) =>
              column === 0 ? (
                <th key={column} scope="row" className={side(column)}>
                  {cell}
                </th>
              ) : (
                <td key={column} className={side(column)}>
                  {cell}
                </td>
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A line as it is drawn in the chart, for legends. */
export function Swatch({ colour, dash }: { colour: string; dash: number[] }) {
  return (
    <svg className="swatch" width="20" height="8" aria-hidden="true">
      <line
        x1="0"
        x2="20"
        y1="4"
        y2="4"
        stroke={`var(${colour})`}
        strokeWidth="2.5"
        strokeDasharray={dash.join(" ")}
      />
    </svg>
  );
}

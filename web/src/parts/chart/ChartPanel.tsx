// The frame of every chart: title, legend, the chart, and behind it the same as a table and a file.
//
// The one idea: the rows of the table are what the chart is drawn from, so nobody who cannot see or
// use the picture gets less.

import { lazy, Suspense, useId, useState, type ReactNode } from "react";
import { useSpeech } from "../../language/Speak";
import { IconButton } from "../Button";
import { Panel } from "../frame/Panel";
import { rem } from "../measure";
import { Empty, Failed, Loading, Stale } from "../state/states";
import type { Column } from "../table/columns";
import { csvText, saveCsv } from "../table/csv";
import type { DataTable as Table } from "../table/DataTable";
import { Legend, type Mark } from "./Legend";
import "./chart.css";

/** Fetched with the first chart that is looked at as a table: a first page need not carry it. */
const DataTable = lazy(() =>
  import("../table/DataTable").then((module) => ({ default: module.DataTable })),
) as unknown as typeof Table;

export interface ChartPanelProps<Row extends object> {
  /** The file is called so, and the table's layout is kept under it. */
  name: string;
  title: string;
  note?: ReactNode;
  tools?: ReactNode;
  legend?: readonly Mark[];
  /** What there is to see, in a sentence, for screen readers. */
  description: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey(row: Row): string;
  state?: "ready" | "loading" | "failed";
  failed?: { code: string; traceId?: string | null; onAgain?: () => void };
  /** What is here when there is something. */
  empty: ReactNode;
  stale?: boolean;
  staleSince?: string | number | null;
  /** Pixels of the picture. */
  height?: number;
  foot?: ReactNode;
  children: ReactNode;
}

export function ChartPanel<Row extends object>(props: ChartPanelProps<Row>) {
  const { name, title, columns, rows, rowKey, description, state = "ready", height = 280 } = props;
  const { t } = useSpeech();
  const [asTable, setAsTable] = useState(false);
  const id = useId();
  const save = () =>
    saveCsv(
      name,
      csvText([
        columns.map((each) => (each.unit ? `${each.title} (${each.unit})` : each.title)),
        ...rows.map((row) => columns.map((each) => each.value(row))),
      ]),
    );
  const tools = (
    <>
      {props.tools}
      <IconButton
        icon={asTable ? "chart" : "table"}
        label={t(asTable ? "chart.as_chart" : "chart.as_table")}
        isDisabled={rows.length === 0}
        onPress={() => setAsTable(!asTable)}
      />
      <IconButton
        icon="download"
        label={t("chart.csv")}
        isDisabled={rows.length === 0}
        onPress={save}
      />
    </>
  );
  return (
    <Panel
      title={title}
      tools={tools}
      flush={asTable && rows.length > 0}
      {...(props.note === undefined ? {} : { note: props.note })}
      {...(props.foot === undefined ? {} : { foot: props.foot })}
    >
      {state === "failed" && props.failed ? (
        <Failed {...props.failed} />
      ) : state === "loading" && rows.length === 0 ? (
        <Loading shape="chart" />
      ) : rows.length === 0 ? (
        <Empty>{props.empty}</Empty>
      ) : (
        <Stale stale={props.stale ?? false} since={props.staleSince ?? null}>
          {asTable ? (
            <Suspense fallback={<Loading shape="table" />}>
              <DataTable
                {...{ columns, rows, rowKey, height: height + 40 }}
                name={`${name}.table`}
                label={title}
                empty=""
                bare
              />
            </Suspense>
          ) : (
            <figure className="p-chart" aria-labelledby={id}>
              <figcaption id={id} className="unseen">
                {description}
              </figcaption>
              {props.legend && <Legend marks={props.legend} />}
              <div className="p-chart-picture" style={{ height: rem(height) }}>
                {props.children}
              </div>
            </figure>
          )}
        </Stale>
      )}
    </Panel>
  );
}

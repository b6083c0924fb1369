// What a run has moved between accounts, against the version before it.

import { useCallback, useMemo } from "react";
import { ChartPanel } from "../../../parts/chart/ChartPanel";
import { axisOf, Diagram, tooltipOf } from "../../../parts/chart/Diagram";
import type { Palette } from "../../../parts/chart/look";
import { Panel } from "../../../parts/frame/Panel";
import type { Column } from "../../../parts/table/columns";
import { DataTable } from "../../../parts/table/DataTable";
import { Money } from "../../../parts/text/Quantity";
import { useRead } from "../../../wire/queries";
import type { Market } from "../../../wire/types";
import { movedByKind, type Moved } from "./figures";
import { useTexts, type Key } from "./texts";
import type { Difference, Run } from "./wire";

const NONE: readonly Difference[] = [];

export function Differences({ run, market }: { run: Run; market: Market }) {
  const { t, format } = useTexts();
  const { currency } = market;
  const read = useRead("/v1/markets/{market}/settlement-runs/{run_id}/differences", {
    params: { run_id: run.run_id },
  });
  const items = read.value?.items ?? NONE;
  const sums = useMemo(() => movedByKind(items), [items]);
  const kind = useCallback(
    (code: string) => t(`posting.${code}` as Key, { defaultValue: code }),
    [t],
  );
  const amount = useMemo<Column<{ amount: string }>>(
    () => ({
      ...{
        key: "amount",
        title: t("column.amount"),
        unit: currency,
        unitInCells: true,
        kind: "decimal",
      },
      value: (row) => row.amount,
      cell: (row) => <Money amount={row.amount} currency={currency} places={8} />,
    }),
    [t, currency],
  );
  const sumColumns = useMemo<Column<Moved>[]>(
    () => [
      {
        ...{ key: "kind", title: t("column.kind"), kind: "text", card: "title" },
        value: (row) => row.kind,
        said: (row) => kind(row.kind),
        cell: (row) => kind(row.kind),
      },
      amount,
      {
        ...{ key: "count", title: t("column.postings"), kind: "decimal" },
        value: (row) => row.count,
        cell: (row) => format.whole(row.count),
      },
    ],
    [t, kind, amount, format],
  );
  const columns = useMemo<Column<Difference>[]>(
    () => [
      {
        ...{ key: "from", title: t("column.from"), kind: "text", width: 190, card: "title" },
        value: (row) => row.from,
      },
      { ...{ key: "to", title: t("column.to"), kind: "text", width: 190 }, value: (row) => row.to },
      {
        ...{ key: "kind", title: t("column.kind"), kind: "text", width: 150, choosable: true },
        value: (row) => row.kind,
        said: (row) => kind(row.kind),
        cell: (row) => kind(row.kind),
      },
      amount,
    ],
    [t, kind, amount],
  );
  const option = useCallback(
    (colour: Palette) => ({
      grid: { left: 8, right: 20, top: 8, bottom: 8, containLabel: true },
      xAxis: axisOf(colour, { type: "value", name: currency }),
      yAxis: axisOf(colour, {
        ...{ type: "category", inverse: true, data: sums.map((row) => kind(row.kind)) },
      }),
      tooltip: tooltipOf(colour, { trigger: "item" }),
      series: [
        {
          ...{ type: "bar", barMaxWidth: 24, data: sums.map((row) => Number(row.amount)) },
          itemStyle: { color: colour("series-1") },
        },
      ],
    }),
    [sums, currency, kind],
  );
  const description = t("differences.text", { count: format.whole(run.differences) });
  const failed = read.problem ? { failed: { ...read.problem, onAgain: read.again } } : {};
  return (
    <>
      <ChartPanel<Moved>
        name={`differences-${run.run_id}`}
        title={t("differences.title", { version: run.version })}
        note={t("differences.note")}
        description={description}
        columns={sumColumns}
        rows={sums}
        rowKey={(row) => row.kind}
        state={read.state}
        {...failed}
        empty={t("differences.empty")}
        height={60 + 40 * sums.length}
      >
        <Diagram {...{ option, description }} />
      </ChartPanel>
      <Panel title={t("differences.list")} flush>
        <DataTable<Difference>
          name={`differences-list-${run.run_id}`}
          label={t("differences.list")}
          columns={columns}
          rows={items}
          rowKey={(row) => `${row.from} ${row.to} ${row.kind} ${row.amount}`}
          state={read.state}
          {...failed}
          empty={t("differences.empty")}
          height={360}
        />
      </Panel>
    </>
  );
}

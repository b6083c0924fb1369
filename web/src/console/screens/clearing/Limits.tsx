// What held the result back: lines that were full, connections of areas that were.

import { useMemo } from "react";
import { Gauge } from "../../../parts/frame/Figures";
import { Panel } from "../../../parts/frame/Panel";
import { Empty } from "../../../parts/state/states";
import type { Column } from "../../../parts/table/columns";
import { DataTable } from "../../../parts/table/DataTable";
import { lineViews } from "../../../market/views";
import { useList } from "../../../wire/queries";
import type { Market } from "../../../wire/types";
import type { ClearingRun } from "../../wire";
import { limitCounts, type LimitCount } from "./runs";
import { useTexts, type Say } from "./texts";

export function Limits({ market, run }: { market: Market; run: ClearingRun }) {
  const { t, format } = useTexts();
  const counts = useMemo(() => limitCounts(run.binding), [run.binding]);
  const columns = useMemo(() => columnsOf(t, format.timeOfDay), [t, format]);
  return (
    <Panel title={t("limits.title")} note={t("limits.note")} flush={counts.length > 0}>
      {counts.length === 0 ? (
        <Empty title={t("limits.none")}>{t("limits.none_text")}</Empty>
      ) : (
        <DataTable<LimitCount>
          name="clearing-limits"
          label={t("limits.title")}
          columns={columns}
          rows={counts}
          rowKey={(row) => row.key}
          empty={t("limits.none_text")}
          height={Math.min(320, 44 + 36 * counts.length)}
          bare={counts.length < 8}
        />
      )}
      {run.call === "closing" && <Lines market={market} run={run} />}
    </Panel>
  );
}

/** How full each line was; of a closing call, whose lines have one interval to tell of. */
function Lines({ market, run }: { market: Market; run: ClearingRun }) {
  const { t, format } = useTexts();
  const found = useList("/v1/markets/{market}/intervals", {
    query: { from: run.start, to: run.end },
  });
  const interval = found.items[0] ?? null;
  if (interval?.lines == null) return null;
  const unit = t("unit.price", { currency: market.currency });
  return (
    <div className="cr-lines">
      {lineViews(interval, market).map((line) => (
        <Gauge
          key={line.lineId}
          label={`${line.from} → ${line.to}`}
          percent={line.loadingPercent}
          binding={line.binding}
        >
          {t(line.binding ? "limits.full" : "limits.free", {
            sent: format.kw(line.sentW),
            capacity: format.kw(line.capacityW),
          })}
          {line.spreadTicks !== null && line.spreadTicks !== 0 && (
            <> · {t("limits.spread", { by: format.spread(line.spreadTicks), unit })}</>
          )}
        </Gauge>
      ))}
    </div>
  );
}

const columnsOf = (t: Say, time: (at: string) => string): Column<LimitCount>[] => [
  {
    ...{ key: "member", title: t("limits.member"), kind: "text", card: "title" },
    value: (row) => row.member,
  },
  {
    ...{ key: "kind", title: t("limits.kind"), kind: "text" },
    value: (row) => (row.isLine ? "line" : "area"),
    said: (row) => t(row.isLine ? "limits.line" : "limits.area"),
    cell: (row) => t(row.isLine ? "limits.line" : "limits.area"),
  },
  {
    ...{ key: "direction", title: t("limits.direction"), kind: "text" },
    value: (row) => row.direction,
    said: (row) => t(`direction.${row.direction}`),
    cell: (row) => t(`direction.${row.direction}`),
  },
  {
    ...{ key: "intervals", title: t("column.intervals"), kind: "decimal" },
    value: (row) => row.intervals,
  },
  {
    ...{ key: "first", title: t("limits.first"), kind: "time" },
    value: (row) => row.starts[0],
    cell: (row) => time(row.starts[0] ?? ""),
  },
];

// What each line carries against what it can, the fullest first.

import { useMemo } from "react";
import { ChartPanel } from "../../../parts/chart/ChartPanel";
import { Gauge } from "../../../parts/frame/Figures";
import type { Column } from "../../../parts/table/columns";
import type { LineView } from "../../../market/views";
import type { Market } from "../../../wire/types";
import { useTexts } from "./texts";
import type { ShownInterval } from "./useShownInterval";

const lineKey = ({ lineId }: LineView) => lineId;

export function Lines({
  market,
  lines,
  shown,
}: {
  market: Market;
  lines: LineView[];
  shown: ShownInterval;
}) {
  const { t, format } = useTexts();
  const unit = t("unit.price", { currency: market.currency });
  const columns = useMemo<Column<LineView>[]>(
    () => [
      {
        key: "line",
        title: t("column.line"),
        kind: "text",
        value: ({ lineId }) => lineId,
        width: 110,
        card: "title",
      },
      {
        key: "direction",
        title: t("column.direction"),
        kind: "text",
        value: ({ from, to, direction }) => (direction === null ? "–" : `${from} → ${to}`),
        width: 120,
      },
      {
        key: "sent",
        title: t("column.sent"),
        unit: t("unit.kw"),
        kind: "decimal",
        value: ({ sentW }) => (sentW / 1000).toFixed(3),
        width: 90,
      },
      {
        key: "received",
        title: t("column.received"),
        unit: t("unit.kw"),
        kind: "decimal",
        value: ({ receivedW }) => (receivedW / 1000).toFixed(3),
        width: 90,
      },
      {
        key: "capacity",
        title: t("column.capacity"),
        unit: t("unit.kw"),
        kind: "decimal",
        value: ({ capacityW }) => (capacityW / 1000).toFixed(3),
        width: 90,
      },
      {
        key: "loading",
        title: t("column.loading"),
        unit: "%",
        kind: "decimal",
        value: ({ loadingPercent }) => String(loadingPercent),
        width: 80,
      },
      {
        key: "binds",
        title: t("column.binds"),
        kind: "text",
        value: ({ binding }) => t(binding ? "binds" : "free"),
        width: 90,
      },
      {
        key: "spread",
        title: t("column.spread"),
        unit,
        kind: "decimal",
        value: ({ spreadTicks }) => (spreadTicks === null ? null : (spreadTicks / 100).toFixed(2)),
        width: 110,
      },
    ],
    [t, unit],
  );
  const sorted = useMemo(
    () =>
      lines.toSorted(
        (a, b) => Number(b.binding) - Number(a.binding) || b.loadingPercent - a.loadingPercent,
      ),
    [lines],
  );
  const flowing = shown.interval?.lines != null;
  return (
    <ChartPanel<LineView>
      name="grid-lines"
      title={t("lines.title")}
      description={t("lines.description")}
      columns={columns}
      rows={flowing ? sorted : []}
      rowKey={lineKey}
      state={shown.state}
      empty={t("lines.empty")}
      height={Math.min(380, 20 + 52 * sorted.length)}
    >
      <div className="gr-lines">
        {sorted.map((line) => (
          <Gauge
            key={line.lineId}
            label={
              line.direction === null ? `${line.from} – ${line.to}` : `${line.from} → ${line.to}`
            }
            percent={line.loadingPercent}
            binding={line.binding}
          >
            <b>{format.percent(line.loadingPercent)}</b> {format.kw(line.sentW)} /{" "}
            {format.kw(line.capacityW)} {t("unit.kw")}
            {line.binding && ` · ${t("binds")}`}
          </Gauge>
        ))}
      </div>
    </ChartPanel>
  );
}

// Where a day's readings came from: what was measured, and what had to stand in.

import { useCallback, useMemo } from "react";
import { ChartPanel } from "../../../parts/chart/ChartPanel";
import { axisOf, Diagram, tooltipOf } from "../../../parts/chart/Diagram";
import type { Palette } from "../../../parts/chart/look";
import type { Column } from "../../../parts/table/columns";
import { Share } from "../../../parts/text/Quantity";
import type { ReadingRow } from "./figures";
import { useTexts } from "./texts";

const INKS: Record<ReadingRow["reading"], string> = {
  measured: "good",
  late: "series-1",
  linear: "warning",
  like_day: "series-2",
  schedule: "bad",
};

export function Readings({ rows, day }: { rows: readonly ReadingRow[]; day: string }) {
  const { t, format } = useTexts();
  const columns = useMemo<Column<ReadingRow>[]>(
    () => [
      {
        ...{ key: "reading", title: t("column.reading"), kind: "text", card: "title" },
        value: (row) => row.reading,
        said: (row) => t(`reading.${row.reading}`),
        cell: (row) => t(`reading.${row.reading}`),
      },
      {
        ...{ key: "count", title: t("column.count"), kind: "decimal" },
        value: (row) => row.count,
        cell: (row) => format.whole(row.count),
      },
      {
        ...{ key: "share", title: t("column.share"), kind: "decimal" },
        value: (row) => row.ppm,
        cell: (row) => <Share ppm={row.ppm} places={2} />,
      },
    ],
    [t, format],
  );
  const option = useCallback(
    (colour: Palette) => ({
      grid: { left: 8, right: 60, top: 8, bottom: 8, containLabel: true },
      xAxis: axisOf(colour, { type: "value", minInterval: 1 }),
      yAxis: axisOf(colour, {
        ...{ type: "category", inverse: true },
        data: rows.map(({ reading }) => t(`reading.${reading}`)),
      }),
      tooltip: tooltipOf(colour, { trigger: "item" }),
      series: [
        {
          type: "bar",
          barMaxWidth: 24,
          data: rows.map(({ reading, count }) => ({
            value: count,
            itemStyle: { color: colour(INKS[reading]) },
          })),
          label: {
            ...{ show: true, position: "right", color: colour("text") },
            formatter: ({ value }: { value: number }) => format.whole(value),
          },
        },
      ],
    }),
    [rows, t, format],
  );
  const [measured] = rows;
  const description = t("readings.text", { share: format.share(measured?.ppm ?? null, 2) });
  return (
    <ChartPanel<ReadingRow>
      name={`readings-${day}`}
      title={t("readings.title")}
      note={t("readings.note")}
      description={description}
      columns={columns}
      rows={rows}
      rowKey={(row) => row.reading}
      empty={t("runs.empty_text")}
      height={200}
    >
      <Diagram {...{ option, description }} />
    </ChartPanel>
  );
}

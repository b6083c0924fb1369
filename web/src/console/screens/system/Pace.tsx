// Lag and pace of a market, sampled for as long as one looks.

import { useEffect, useMemo, useState } from "react";
import { ChartPanel } from "../../../parts/chart/ChartPanel";
import { LiveLines, type Line } from "../../../parts/chart/LiveLines";
import { LiveSeries } from "../../../parts/chart/liveSeries";
import { Panels } from "../../../parts/frame/Page";
import type { Column } from "../../../parts/table/columns";
import { Time } from "../../../parts/text/When";
import type { Sample } from "./system";
import { useTexts } from "./texts";

interface Props {
  marketId: string;
  samples: readonly Sample[];
}

const keyOf = ({ atMs }: Sample) => String(atMs);

export function Pace({ marketId, samples }: Props) {
  const { t, format } = useTexts();
  const [lag] = useState(() => new LiveSeries(2));
  const [pace] = useState(() => new LiveSeries(1));
  useEffect(() => {
    const at = samples.map(({ atMs }) => atMs / 1_000);
    lag.replace(at, [samples.map((each) => each.lag), samples.map((each) => each.queue)]);
    pace.replace(at, [samples.map(({ perSecond }) => perSecond)]);
  }, [samples, lag, pace]);
  const lagLines = useMemo<Line[]>(
    () => [
      { key: "lag", label: t("lag.label"), colour: "--series-1", steps: true },
      { key: "queue", label: t("queue.title"), colour: "--series-2", dash: [6, 3], steps: true },
    ],
    [t],
  );
  const paceLines = useMemo<Line[]>(
    () => [{ key: "pace", label: t("pace.label"), colour: "--series-3", steps: true }],
    [t],
  );
  const columns = useMemo(
    (): Column<Sample>[] => [
      {
        ...{ key: "at", title: t("sample.at"), kind: "time", width: 120, card: "title" },
        value: ({ atMs }) => new Date(atMs).toISOString(),
        cell: ({ atMs }) => <Time at={atMs} seconds />,
      },
      {
        ...{ key: "lag", title: t("lag.label"), kind: "decimal", width: 110 },
        value: (row) => row.lag,
        cell: (row) => format.whole(row.lag),
      },
      {
        ...{ key: "queue", title: t("queue.title"), kind: "decimal", width: 110 },
        value: (row) => row.queue,
        cell: (row) => format.whole(row.queue),
      },
      {
        ...{ key: "committed", title: t("journal.committed"), kind: "decimal", width: 140 },
        value: (row) => row.committed,
        cell: (row) => format.whole(row.committed),
      },
      {
        ...{ key: "pace", title: t("pace.label"), unit: t("pace.unit"), kind: "decimal" },
        value: ({ perSecond }) => (perSecond === null ? null : Math.round(perSecond * 100) / 100),
        cell: ({ perSecond }) => format.plain(perSecond),
      },
    ],
    [t, format],
  );
  const shared = {
    columns,
    rows: samples,
    rowKey: keyOf,
    empty: t("sample.none"),
    height: 210,
    note: t("sample.note", { count: format.whole(samples.length) }),
  };
  return (
    <Panels least={420}>
      <ChartPanel
        {...shared}
        name={`lag-${marketId}`}
        title={t("lag.title")}
        description={t("lag.text")}
      >
        <LiveLines
          series={lag}
          lines={lagLines}
          label={t("lag.title")}
          unit={t("lag.unit")}
          valueText={format.whole}
          height={150}
        />
      </ChartPanel>
      <ChartPanel
        {...shared}
        name={`pace-${marketId}`}
        title={t("pace.title")}
        description={t("pace.text")}
      >
        <LiveLines
          series={pace}
          lines={paceLines}
          label={t("pace.title")}
          unit={t("pace.unit")}
          valueText={format.plain}
          height={150}
        />
      </ChartPanel>
    </Panels>
  );
}

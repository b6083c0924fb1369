// How well the targets were kept, by day or month of opening, and by kind.

import { useCallback, useMemo, useState } from "react";
import { word } from "../../../language/words";
import { ChartPanel } from "../../../parts/chart/ChartPanel";
import { axisOf, Diagram, tooltipOf } from "../../../parts/chart/Diagram";
import type { Mark } from "../../../parts/chart/Legend";
import type { Palette } from "../../../parts/chart/look";
import { DayPicker } from "../../../parts/filter/DayPicker";
import { Choose, Filters } from "../../../parts/filter/Filters";
import { Figure, Tiles } from "../../../parts/frame/Figures";
import { Panels } from "../../../parts/frame/Page";
import type { Column } from "../../../parts/table/columns";
import { Share } from "../../../parts/text/Quantity";
import { useMarketTime } from "../../../cases/useMarketTime";
import { localDate } from "../../../language/zone";
import { useMarket } from "../../../shell/markets";
import { useRead } from "../../../wire/queries";
import {
  MEASURES,
  rating,
  share,
  together,
  type Indicator,
  type Measure,
  type Row,
} from "./indicators";
import { useTexts } from "./texts";

const COLOURS: Record<Measure, { colour: string; dash: number[] }> = {
  taken: { colour: "--series-1", dash: [] },
  answered: { colour: "--series-2", dash: [8, 3] },
  closed: { colour: "--series-3", dash: [2, 3] },
};
const DAYS = 30;
const NONE: readonly Indicator[] = [];

const keyOf = (row: Row) => row.key;

export function Indicators() {
  const { time_zone } = useMarket();
  const now = useMarketTime();
  if (now === null) return null;
  return <Shown today={localDate(now, time_zone)} />;
}

function Shown({ today }: { today: string }) {
  const { t, format } = useTexts();
  const [until, setUntil] = useState(today);
  const [by, setBy] = useState("day");
  const days = by === "month" ? 365 : DAYS;
  const { value, state, problem, again } = useRead("/v1/markets/{market}/service-indicators", {
    query: { from_day: dayBefore(until, days), to_day: until, by },
    keep: true,
  });
  const items = value?.items ?? NONE;
  const periods = useMemo(() => together(items, ({ period }) => period), [items]);
  const kinds = useMemo(() => together(items, ({ kind }) => kind), [items]);
  const [all] = useMemo(() => together(items, () => ""), [items]);
  const loaded = {
    state,
    ...(problem ? { failed: { ...problem, onAgain: again } } : {}),
  };
  const periodSaid = useCallback(
    (key: string) =>
      by === "month" ? format.month(`${key}-15T12:00:00Z`) : format.dayShort(`${key}T12:00:00Z`),
    [by, format],
  );
  const kindSaid = useCallback((key: string) => word(t, "case_kind", key), [t]);
  const byPeriod = useColumns(t("column.period"), periodSaid);
  const byKind = useColumns(t("column.kind"), kindSaid);
  const marks: Mark[] = MEASURES.map((each) => ({
    ...{ key: each, label: word(t, "case_target", each) },
    ...COLOURS[each],
  }));
  return (
    <>
      <Filters label={t("tab.indicators")}>
        <DayPicker label={t("until_day")} value={until} onChange={setUntil} max={today} />
        <Choose
          label={t("by")}
          value={by}
          all={null}
          onChange={(value) => setBy(value ?? "day")}
          options={[
            { value: "day", text: t("by_day", { days: DAYS }) },
            { value: "month", text: t("by_month") },
          ]}
        />
      </Filters>
      {all !== undefined && (
        <Tiles label={t("tab.indicators")}>
          {MEASURES.map((each) => (
            <Figure
              key={each}
              label={t("in_time", { target: word(t, "case_target", each) })}
              note={t("kept_of", {
                kept: format.whole(all[`${each}_in_time`]),
                known: format.whole(all[`${each}_in_time`] + all[`${each}_late`]),
              })}
            >
              <Share ppm={share(all, each)} />
            </Figure>
          ))}
          <Figure
            label={t("mean_rating")}
            note={t("ratings", { count: format.whole(all.ratings) })}
          >
            {rating(all) === null ? "–" : t("of_five", { rating: format.plain(rating(all)) })}
          </Figure>
          <Figure
            label={t("opened_count")}
            note={t("reopened_count", { count: format.whole(all.reopened) })}
          >
            {format.whole(all.opened)}
          </Figure>
        </Tiles>
      )}
      <ChartPanel
        name="desk-in-time"
        title={t("chart.in_time")}
        note={t("chart.by_opening")}
        legend={marks}
        description={t("chart.in_time_text", { count: format.whole(periods.length) })}
        columns={byPeriod}
        rows={periods}
        rowKey={keyOf}
        {...loaded}
        empty={t("empty_indicators")}
        height={220}
      >
        <Shares rows={periods} said={periodSaid} />
      </ChartPanel>
      <Panels>
        <ChartPanel
          name="desk-ratings"
          title={t("chart.ratings")}
          description={t("chart.ratings_text")}
          columns={byPeriod}
          rows={periods.some(({ ratings }) => ratings > 0) ? periods : []}
          rowKey={keyOf}
          {...loaded}
          empty={t("empty_ratings")}
          height={200}
        >
          <Ratings rows={periods} said={periodSaid} />
        </ChartPanel>
        <ChartPanel
          name="desk-kinds"
          title={t("chart.kinds")}
          legend={marks.map((each) => ({ ...each, shape: "square" as const }))}
          description={t("chart.kinds_text")}
          columns={byKind}
          rows={kinds}
          rowKey={keyOf}
          {...loaded}
          empty={t("empty_indicators")}
          height={200}
        >
          <Shares rows={kinds} said={kindSaid} bars />
        </ChartPanel>
      </Panels>
    </>
  );
}

function dayBefore(day: string, days: number): string {
  const before = new Date(`${day}T00:00:00Z`);
  before.setUTCDate(before.getUTCDate() - days);
  return before.toISOString().slice(0, 10);
}

function useColumns(title: string, said: (key: string) => string): Column<Row>[] {
  const { t, format } = useTexts();
  return useMemo((): Column<Row>[] => {
    const count = (key: keyof Omit<Row, "key">, head: string): Column<Row> => ({
      ...{ key, title: head, kind: "decimal", width: 100 },
      value: (row) => row[key],
      cell: (row) => format.whole(row[key]),
    });
    return [
      {
        ...{ key: "key", title, kind: "text", width: 150, card: "title" },
        value: ({ key }) => key,
        said: ({ key }) => said(key),
        cell: ({ key }) => said(key),
      },
      count("opened", t("opened_count")),
      count("open", t("still_open")),
      ...MEASURES.flatMap((each): Column<Row>[] => [
        {
          ...{ key: each, title: t("in_time", { target: word(t, "case_target", each) }) },
          ...{ kind: "decimal", unit: "%", width: 130 },
          value: (row) => percent(share(row, each)),
          cell: (row) => <Share ppm={share(row, each)} />,
        },
        count(`${each}_late`, t("late", { target: word(t, "case_target", each) })),
      ]),
      count("reopened", t("reopened")),
      count("ratings", t("ratings_count")),
      {
        ...{ key: "rating", title: t("mean_rating"), kind: "decimal", width: 110 },
        value: rating,
        cell: (row) => format.plain(rating(row)),
      },
    ];
  }, [title, said, t, format]);
}

const percent = (ppm: number | null) => (ppm === null ? null : ppm / 10_000);

interface PictureProps {
  rows: readonly Row[];
  said(key: string): string;
}

function Shares({ rows, said, bars = false }: PictureProps & { bars?: boolean }) {
  const { t, format } = useTexts();
  const option = useCallback(
    (colour: Palette) => ({
      grid: { left: 8, right: 16, top: 26, bottom: 8, containLabel: true },
      xAxis: axisOf(colour, { type: "category", data: rows.map(({ key }) => said(key)) }),
      yAxis: axisOf(colour, { type: "value", min: 0, max: 100, name: "%" }),
      tooltip: tooltipOf(colour, {
        trigger: "axis",
        formatter: (points: { seriesName: string; value: number | string; name: string }[]) =>
          [
            points[0]?.name ?? "",
            ...points.map(
              ({ seriesName, value }) =>
                `${seriesName} ${typeof value === "number" ? `${format.plain(value)} %` : "–"}`,
            ),
          ].join("\n"),
      }),
      series: MEASURES.map((each) => {
        const { colour: name, dash } = COLOURS[each];
        const ink = colour(name.slice(2));
        return {
          ...{ type: bars ? "bar" : "line", name: word(t, "case_target", each) },
          ...{ symbol: "circle", symbolSize: 7, connectNulls: false, barMaxWidth: 22 },
          itemStyle: { color: ink },
          lineStyle: { color: ink, type: dash.length > 0 ? dash : "solid" },
          data: rows.map((row) => percent(share(row, each)) ?? "-"),
        };
      }),
    }),
    [rows, said, bars, t, format],
  );
  return <Diagram option={option} description={t("chart.in_time")} />;
}

function Ratings({ rows, said }: PictureProps) {
  const { t, format } = useTexts();
  const option = useCallback(
    (colour: Palette) => ({
      grid: { left: 8, right: 16, top: 26, bottom: 8, containLabel: true },
      xAxis: axisOf(colour, { type: "category", data: rows.map(({ key }) => said(key)) }),
      yAxis: axisOf(colour, { type: "value", min: 0, max: 5, interval: 1 }),
      tooltip: tooltipOf(colour, {
        formatter: ({ name, value }: { name: string; value: number }) =>
          `${name}\n${t("of_five", { rating: format.plain(value) })}`,
      }),
      series: [
        {
          ...{ type: "bar", barMaxWidth: 28, itemStyle: { color: colour("series-1") } },
          data: rows.map((row) => rating(row) ?? "-"),
        },
      ],
    }),
    [rows, said, t, format],
  );
  return <Diagram option={option} description={t("chart.ratings")} />;
}

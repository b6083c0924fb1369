// Who was told something else than it had traded, how much, and why: a day.

import { useCallback, useMemo } from "react";
import { ChartPanel } from "../../../parts/chart/ChartPanel";
import { axisOf, Diagram, tooltipOf } from "../../../parts/chart/Diagram";
import type { Mark } from "../../../parts/chart/Legend";
import type { Palette } from "../../../parts/chart/look";
import { Panel } from "../../../parts/frame/Panel";
import { DataTable } from "../../../parts/table/DataTable";
import type { Column } from "../../../parts/table/columns";
import { Time } from "../../../parts/text/When";
import { useNews } from "../../../shell/live";
import { useList } from "../../../wire/queries";
import type { Market } from "../../../wire/types";
import { spanOf } from "../../place";
import { cutBars, reasonsOf, totalKwh } from "./cuts";
import { cutWord, useTexts } from "./texts";
import { CURTAILMENTS, type Curtailment } from "./wire";

const INKS = ["series-2", "series-1", "series-4", "series-3", "series-5", "series-0"] as const;

export function Cuts({ market, day }: { market: Market; day: string }) {
  const { t, format } = useTexts();
  const cuts = useList(CURTAILMENTS, {
    query: spanOf(day, market.time_zone),
    all: true,
    keep: true,
  });
  useNews("market", market.market_id, CURTAILMENTS);
  const items = cuts.items;
  const reasons = useMemo(() => reasonsOf(items), [items]);
  const columns = useMemo<Column<Curtailment>[]>(
    () => [
      {
        key: "start",
        title: t("column.interval"),
        kind: "time",
        value: ({ start }) => start,
        cell: ({ start }) => <Time at={start} />,
        width: 100,
      },
      {
        key: "unit",
        title: t("column.unit"),
        kind: "text",
        value: ({ unit_id }) => unit_id,
        width: 180,
        card: "title",
      },
      {
        key: "reason",
        title: t("column.reason"),
        kind: "text",
        value: ({ reason }) => reason,
        said: ({ reason }) => cutWord(t, reason),
        cell: ({ reason }) => cutWord(t, reason),
        width: 190,
        choosable: true,
      },
      {
        key: "from",
        title: t("column.begins"),
        kind: "time",
        value: ({ from }) => from,
        cell: ({ from }) => <Time at={from} />,
        width: 90,
      },
      {
        key: "until",
        title: t("column.ends_at"),
        kind: "time",
        value: ({ until }) => until,
        cell: ({ until }) => <Time at={until} />,
        width: 90,
      },
      {
        key: "change",
        title: t("column.change"),
        unit: t("unit.kw"),
        kind: "decimal",
        value: ({ change_kw }) => change_kw,
        cell: ({ change_kw }) => format.exact(change_kw, 3),
        width: 110,
      },
      {
        key: "energy",
        title: t("column.energy"),
        unit: t("unit.kwh"),
        kind: "decimal",
        value: ({ energy_kwh }) => energy_kwh,
        cell: ({ energy_kwh }) => format.exact(energy_kwh, 3),
        width: 110,
      },
    ],
    [t, format],
  );
  const legend = reasons.map<Mark>((reason, index) => ({
    key: reason,
    label: cutWord(t, reason),
    colour: `--${INKS[index % INKS.length]}`,
    shape: "square",
  }));
  const failed = cuts.problem === null ? {} : { failed: { ...cuts.problem, onAgain: cuts.again } };
  return (
    <>
      <ChartPanel<Curtailment>
        name="grid-curtailment"
        title={t("cuts.title")}
        note={format.day(spanOf(day, market.time_zone).from)}
        legend={legend}
        description={t("cuts.description", {
          energy: format.exact(totalKwh(items), 3),
          units: format.whole(new Set(items.map(({ unit_id }) => unit_id)).size),
        })}
        columns={columns}
        rows={items}
        rowKey={cutKey}
        state={cuts.state}
        {...failed}
        empty={t("cuts.empty")}
        height={260}
      >
        <Bars items={items} reasons={reasons} />
      </ChartPanel>
      {items.length > 0 && (
        <Panel title={t("cuts.list")} flush>
          <DataTable
            name="grid-cuts"
            label={t("cuts.list")}
            columns={columns}
            rows={items}
            rowKey={cutKey}
            empty={t("cuts.empty")}
            height={Math.min(420, 90 + 37 * items.length)}
          />
        </Panel>
      )}
    </>
  );
}

const cutKey = ({ unit_id, start, from, reason }: Curtailment) =>
  `${start} ${unit_id} ${from} ${reason}`;

function Bars({ items, reasons }: { items: readonly Curtailment[]; reasons: readonly string[] }) {
  const { t, format } = useTexts();
  const bars = useMemo(() => cutBars(items), [items]);
  const option = useCallback(
    (colour: Palette) => ({
      grid: { left: 8, right: 12, top: 26, bottom: 8, containLabel: true },
      xAxis: axisOf(colour, {
        type: "category",
        data: bars.map(({ start }) => format.timeOfDay(start)),
      }),
      yAxis: axisOf(colour, {
        type: "value",
        name: t("unit.kwh"),
        axisLabel: { color: colour("muted"), formatter: (value: number) => format.plain(value) },
      }),
      tooltip: tooltipOf(colour, {
        trigger: "axis",
        axisPointer: { type: "shadow" },
        formatter: (points: { dataIndex: number }[]) => {
          const bar = bars[points[0]?.dataIndex ?? -1];
          if (!bar) return "";
          return [
            format.timeOfDay(bar.start),
            ...[...bar.byReason].map(
              ([reason, energy]) =>
                `${cutWord(t, reason)} ${format.plain(energy)} ${t("unit.kwh")}`,
            ),
          ].join("\n");
        },
      }),
      series: reasons.map((reason, index) => ({
        ...{ type: "bar", stack: "cut", name: reason, barMaxWidth: 28 },
        data: bars.map(({ byReason }) => byReason.get(reason) ?? 0),
        itemStyle: { color: colour(INKS[index % INKS.length] ?? "series-0") },
      })),
    }),
    [bars, reasons, format, t],
  );
  return <Diagram option={option} description={t("cuts.picture")} />;
}

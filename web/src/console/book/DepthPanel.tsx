// The depth chart: how much could be bought or sold down to which price; with its table and file.

import { useCallback, useMemo } from "react";
import { ChartPanel } from "../../parts/chart/ChartPanel";
import { axisOf, Diagram, tooltipOf } from "../../parts/chart/Diagram";
import type { Palette } from "../../parts/chart/look";
import type { Column } from "../../parts/table/columns";
import { corners, type DepthRow } from "./depth";
import { useTexts } from "./texts";

interface Props {
  buys: readonly DepthRow[];
  sells: readonly DepthRow[];
  currency: string;
  note: string;
  area: string;
}

const rowKey = ({ key }: DepthRow) => key;

export function DepthPanel({ buys, sells, currency, note, area }: Props) {
  const { t, format } = useTexts();
  const rows = useMemo(() => [...sells].reverse().concat(buys), [buys, sells]);
  const unit = t("unit.price", { currency });
  const columns = useMemo<Column<DepthRow>[]>(
    () => [
      {
        ...{ key: "side", title: t("side.label"), kind: "text", card: "title" },
        value: ({ side }) => side,
        cell: ({ side }) => t(`side.${side}`),
      },
      {
        ...{ key: "price", title: t("column.price"), unit, kind: "decimal" },
        value: ({ price }) => price,
        cell: ({ price }) => format.price(price),
      },
      {
        ...{ key: "energy", title: t("column.energy"), unit: t("unit.kwh"), kind: "decimal" },
        value: ({ kwh }) => kwh,
        cell: ({ kwh }) => format.kwh(kwh),
      },
      {
        ...{ key: "total", title: t("column.total"), unit: t("unit.kwh"), kind: "decimal" },
        value: ({ totalKwh }) => totalKwh,
        cell: ({ totalKwh }) => format.kwh(totalKwh),
      },
    ],
    [t, format, unit],
  );
  const option = useCallback(
    (colour: Palette) => ({
      grid: { left: 8, right: 20, top: 26, bottom: 24, containLabel: true },
      xAxis: axisOf(colour, {
        ...{ type: "value", scale: true, name: unit, nameLocation: "middle", nameGap: 24 },
        axisLabel: {
          ...{ color: colour("muted"), hideOverlap: true },
          formatter: (value: number) => format.plain(value),
        },
      }),
      yAxis: axisOf(colour, {
        ...{ type: "value", min: 0, name: t("unit.kwh") },
        axisLabel: { color: colour("muted"), formatter: (value: number) => format.plain(value) },
      }),
      tooltip: tooltipOf(colour, {
        trigger: "item",
        formatter: ({ seriesName, value }: { seriesName: string; value: [number, number] }) =>
          `${seriesName}\n${format.price(value[0])} ${unit}\n${format.kwh(value[1])} ${t("unit.kwh")}`,
      }),
      dataZoom: [
        { type: "inside", xAxisIndex: 0, zoomOnMouseWheel: "ctrl", moveOnMouseWheel: false },
      ],
      // Live: a picture that moves at every change cannot be read.
      animation: false,
      series: [
        side(t("side.buy"), corners(buys), colour("demand"), [7, 3]),
        side(t("side.sell"), corners(sells), colour("supply"), "solid"),
      ],
    }),
    [buys, sells, unit, format, t],
  );
  const described = t("depth.description", {
    area,
    interval: note,
    bid: format.price(buys[0]?.price),
    ask: format.price(sells[0]?.price),
    unit,
    buys: format.kwh(buys.at(-1)?.totalKwh),
    sells: format.kwh(sells.at(-1)?.totalKwh),
  });
  return (
    <ChartPanel
      name="orderbook-depth"
      title={t("depth.title")}
      note={note}
      legend={[
        { key: "buy", label: t("side.buy"), colour: "--demand", dash: [7, 3] },
        { key: "sell", label: t("side.sell"), colour: "--supply" },
      ]}
      description={described}
      columns={columns}
      rows={rows}
      rowKey={rowKey}
      empty={t("depth.empty")}
      height={340}
    >
      <Diagram option={option} description={described} />
    </ChartPanel>
  );
}

function side(name: string, data: [number, number][], ink: string, dash: "solid" | number[]) {
  return {
    ...{ type: "line", name, data, symbolSize: 5, showSymbol: data.length < 80 },
    lineStyle: { color: ink, width: 2, type: dash },
    itemStyle: { color: ink },
    areaStyle: { color: ink, opacity: 0.16 },
  };
}

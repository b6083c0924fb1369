// Where energy came from (up) and where it went (down), bar by bar.

import { useCallback } from "react";
import { axisOf, Diagram, tooltipOf } from "../../../parts/chart/Diagram";
import type { Palette } from "../../../parts/chart/look";
import { type Bar } from "./energy";
import { useTexts } from "./texts";

export const PARTS = [
  { key: "own", colour: "--series-3", up: true },
  { key: "neighbours", colour: "--series-1", up: true },
  { key: "elsewhere", colour: "--series-4", up: true },
  { key: "last_resort", colour: "--series-2", up: true },
  { key: "sold", colour: "--series-5", up: false },
  { key: "fed_in", colour: "--series-0", up: false },
] as const;

interface EnergyBarsProps {
  bars: readonly Bar[];
  labelOf(bar: Bar): string;
  description: string;
}

export function EnergyBars({ bars, labelOf, description }: EnergyBarsProps) {
  const { t, format } = useTexts();
  const option = useCallback(
    (colour: Palette) => ({
      grid: { left: 8, right: 12, top: 26, bottom: 8, containLabel: true },
      xAxis: axisOf(colour, { type: "category", data: bars.map(labelOf) }),
      yAxis: axisOf(colour, {
        ...{ type: "value", name: t("unit.kwh") },
        axisLabel: {
          color: colour("muted"),
          formatter: (value: number) => format.plain(Math.abs(value)),
        },
      }),
      tooltip: tooltipOf(colour, {
        trigger: "axis",
        axisPointer: { type: "shadow" },
        formatter: (points: { dataIndex: number }[]) => {
          const found = bars[points[0]?.dataIndex ?? -1];
          if (!found) return "";
          const lines = PARTS.filter(({ key }) => Number(found[key]) > 0).map(
            ({ key }) => `${t(`part.${key}`)} ${format.exact(found[key], 3)} ${t("unit.kwh")}`,
          );
          const none = found.read ? t("bars.nothing") : t("bars.unread");
          return [labelOf(found), ...(lines.length > 0 ? lines : [none])].join("\n");
        },
      }),
      series: PARTS.map(({ key, colour: ink, up }) => ({
        ...{ type: "bar", name: t(`part.${key}`), stack: "both", barMaxWidth: 28 },
        data: bars.map((each) => (up ? 1 : -1) * Number(each[key])),
        itemStyle: { color: colour(ink.slice(2)) },
      })),
    }),
    [bars, labelOf, t, format],
  );
  return <Diagram {...{ option, description }} />;
}

// Quantities by category: bars upon or beside each other, lying or standing, or lines.
//
// The one idea: what is drawn is told once more by the table behind it, so numbers here may be floats.

import { useCallback } from "react";
import { useSpeech } from "../../language/Speak";
import { axisOf, Diagram, tooltipOf } from "./Diagram";
import type { Mark } from "./Legend";
import type { Palette } from "./look";

export interface Series {
  key: string;
  label: string;
  /** A CSS variable. */
  colour: string;
  /** Decimal strings or numbers, one for each category; null: there is none. */
  values: readonly (string | number | null)[];
  dash?: readonly number[];
}

interface CategoriesProps {
  labels: readonly string[];
  series: readonly Series[];
  unit: string;
  kind?: "bars" | "lines";
  /** Bars that add up to a whole. */
  stacked?: boolean;
  /** Bars from left to right: long names have room. */
  lying?: boolean;
  description: string;
}

export const SERIES_COLOURS = [1, 2, 3, 4, 5, 0].map((each) => `--series-${each}`);
export const SERIES_DASHES: readonly (readonly number[])[] = [[], [8, 3], [2, 3], [10, 3, 2, 3]];

/** For the legend of the panel around it. */
export const marksOf = (series: readonly Series[], kind: "bars" | "lines" = "bars"): Mark[] =>
  series.map(({ key, label, colour, dash }) => ({
    ...{ key, label, colour, shape: kind === "bars" ? "square" : "line" },
    ...(dash ? { dash } : {}),
  }));

export function Categories(props: CategoriesProps) {
  const { labels, series, unit, kind = "bars", stacked = false, lying = false } = props;
  const { format } = useSpeech();
  const option = useCallback(
    (colour: Palette) => {
      const names = axisOf(colour, { type: "category", data: labels, ...(lying ? INVERSE : {}) });
      const values = axisOf(colour, {
        ...{ type: "value", name: unit },
        axisLabel: { color: colour("muted"), formatter: (value: number) => format.plain(value) },
      });
      const said = (value: string | number | null | undefined) =>
        `${value == null ? "–" : format.exact(String(value))} ${unit}`;
      return {
        grid: { left: 8, right: lying ? 40 : 12, top: 26, bottom: 8, containLabel: true },
        ...(lying ? { xAxis: values, yAxis: names } : { xAxis: names, yAxis: values }),
        tooltip: tooltipOf(colour, {
          trigger: "axis",
          axisPointer: { type: kind === "bars" ? "shadow" : "line" },
          formatter: (points: { dataIndex: number }[]) => {
            const at = points[0]?.dataIndex ?? -1;
            const lines = series.map(({ label, values: all }) => `${label} ${said(all[at])}`);
            return [labels[at] ?? "", ...lines].join("\n");
          },
        }),
        series: series.map((each) => {
          const ink = colour(each.colour.slice(2));
          const data = each.values.map((value) => (value === null ? null : Number(value)));
          return kind === "bars"
            ? {
                ...{ type: "bar", name: each.label, data, barMaxWidth: 26 },
                ...(stacked ? { stack: "all" } : {}),
                itemStyle: { color: ink, borderColor: colour("surface"), borderWidth: 1 },
              }
            : {
                ...{ type: "line", name: each.label, data, step: "middle" },
                // One value alone makes no line.
                ...(labels.length > 1 ? { symbol: "none" } : { symbol: "circle", symbolSize: 8 }),
                lineStyle: { color: ink, width: 2, type: [...(each.dash ?? [])] },
                itemStyle: { color: ink },
              };
        }),
      };
    },
    [labels, series, unit, kind, stacked, lying, format],
  );
  return <Diagram {...{ option, description: props.description }} />;
}

const INVERSE = { inverse: true };

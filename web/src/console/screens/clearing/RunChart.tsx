// Duration above, gap below, over the day: a shape for each rung.

import { useCallback } from "react";
import { axisOf, Diagram, tooltipOf } from "../../../parts/chart/Diagram";
import type { Mark } from "../../../parts/chart/Legend";
import type { Palette } from "../../../parts/chart/look";
import type { Span } from "../../place";
import type { ClearingRun } from "../../wire";
import { RUNGS, type Rung } from "./runs";
import { useTexts, type Key } from "./texts";

type Shape = NonNullable<Mark["shape"]>;
export const RUNG_MARKS: Record<Rung, { colour: string; shape: Shape }> = {
  optimal: { colour: "--accent", shape: "circle" },
  feasible: { colour: "--warning", shape: "diamond" },
  merit_order: { colour: "--warning", shape: "square" },
  cancelled: { colour: "--bad", shape: "ring" },
};
const SYMBOLS: Partial<Record<Shape, string>> = {
  circle: "circle",
  diamond: "diamond",
  square: "rect",
  ring: "emptyCircle",
};

interface Props {
  runs: readonly ClearingRun[];
  span: Span;
  onPick(runId: string): void;
}

export function RunChart({ runs, span, onPick }: Props) {
  const { t, format } = useTexts();
  const option = useCallback(
    (colour: Palette) => {
      const byId = new Map(runs.map((run) => [run.run_id, run]));
      const time = (shown: boolean, gridIndex: number) =>
        axisOf(colour, {
          ...{ gridIndex, type: "value", interval: 3 * 3_600_000 },
          ...{ min: Date.parse(span.from), max: Date.parse(span.to) },
          axisLabel: {
            ...{ show: shown, color: colour("muted"), hideOverlap: true },
            formatter: (ms: number) => format.timeOfDay(ms),
          },
        });
      const value = (gridIndex: number, name: string) =>
        axisOf(colour, {
          ...{ gridIndex, type: "value", min: 0, name, splitNumber: 3, minInterval: 1 },
          nameTextStyle: { color: colour("muted"), align: "left" },
          axisLabel: { color: colour("muted"), formatter: (n: number) => format.plain(n) },
        });
      const points = (axis: number, of: (run: ClearingRun) => number) => [
        {
          ...{ type: "line", symbol: "none", silent: true, z: 1 },
          ...{ xAxisIndex: axis, yAxisIndex: axis },
          lineStyle: { color: colour("border"), width: 1 },
          data: runs.filter(({ call }) => call === "closing").map((run) => [middle(run), of(run)]),
        },
        ...RUNGS.map((rung) => ({
          ...{ type: "scatter", symbol: SYMBOLS[RUNG_MARKS[rung].shape], z: 3 },
          ...{ xAxisIndex: axis, yAxisIndex: axis },
          symbolSize: rung === "optimal" ? 7 : 12,
          itemStyle: {
            ...{ color: colour(RUNG_MARKS[rung].colour.slice(2)), borderWidth: 2 },
            borderColor: colour(RUNG_MARKS[rung].colour.slice(2)),
          },
          data: runs
            .filter((run) => run.rung === rung)
            .map((run) => ({ name: run.run_id, value: [middle(run), of(run)] })),
        })),
      ];
      return {
        grid: [
          { left: 56, right: 18, top: 24, height: "38%" },
          { left: 56, right: 18, bottom: 24, height: "30%" },
        ],
        xAxis: [time(false, 0), time(true, 1)],
        yAxis: [
          value(0, `${t("column.solve")} ${t("unit.ms")}`),
          value(1, `${t("column.gap")} ${t("column.ppm")}`),
        ],
        tooltip: tooltipOf(colour, {
          formatter: ({ name }: { name: string }) => {
            const run = byId.get(name);
            if (run === undefined) return "";
            return [
              `${t(`call.${run.call}`)} ${format.interval(run.start, run.end)}`,
              t(`rung.${run.rung}` as Key),
              `${t("column.solve")} ${format.whole(run.solve_ms)} ${t("unit.ms")}`,
              `${t("column.gap")} ${format.whole(run.gap_ppm)} ${t("column.ppm")}`,
            ].join("\n");
          },
        }),
        series: [...points(0, (run) => run.solve_ms), ...points(1, (run) => run.gap_ppm)],
      };
    },
    [runs, span.from, span.to, format, t],
  );
  return <Diagram option={option} description={t("chart_picture")} onPick={onPick} />;
}

/** Where a run stands on the axis of time. */
const middle = ({ start, end, call }: ClearingRun) =>
  call === "closing" ? (Date.parse(start) + Date.parse(end)) / 2 : Date.parse(start);

// A value for each interval of each day, or for anything else that has rows and columns.

import { useCallback } from "react";
import { useSpeech } from "../../language/Speak";
import { axisOf, Diagram, tooltipOf } from "./Diagram";
import type { Palette } from "./look";

interface HeatMapProps {
  /** Across: intervals as a rule. */
  columns: readonly string[];
  /** Down: days as a rule. */
  rows: readonly string[];
  /** `values[row][column]`; null: nothing is known. */
  values: readonly (readonly (number | null)[])[];
  unit: string;
  description: string;
  onPick?: (row: number, column: number) => void;
}

export function HeatMap({ columns, rows, values, unit, description, onPick }: HeatMapProps) {
  const { format } = useSpeech();
  const option = useCallback(
    (colour: Palette) => {
      const cells = values.flatMap((line, y) =>
        line.flatMap((value, x) => (value === null ? [] : [[x, y, value]])),
      );
      const known = cells.map((each) => each[2] ?? 0);
      return {
        grid: { left: 8, right: 12, top: 8, bottom: 46, containLabel: true },
        xAxis: axisOf(colour, { type: "category", data: columns, splitArea: { show: false } }),
        yAxis: axisOf(colour, { type: "category", data: rows, inverse: true }),
        tooltip: tooltipOf(colour, {
          formatter: ({ value: [x = 0, y = 0, value = 0] }: { value: number[] }) =>
            `${rows[y]}, ${columns[x]}\n${format.plain(value)} ${unit}`,
        }),
        visualMap: {
          ...{ type: "continuous", orient: "horizontal", left: "center", bottom: 0 },
          ...{ itemWidth: 12, itemHeight: 160, calculable: false },
          min: known.reduce((a, b) => Math.min(a, b), Infinity),
          max: known.reduce((a, b) => Math.max(a, b), -Infinity),
          text: [unit, ""],
          textStyle: { color: colour("muted") },
          formatter: (value: number) => format.plain(value),
          inRange: { color: [colour("heat-low"), colour("heat-high")] },
        },
        series: [
          {
            ...{ type: "heatmap", progressive: 2_000, animation: false },
            data: cells.map(([x, y, value]) => ({ name: `${y} ${x}`, value: [x, y, value] })),
            emphasis: { itemStyle: { borderColor: colour("text"), borderWidth: 1.5 } },
          },
        ],
      };
    },
    [columns, rows, values, unit, format],
  );
  const pick = (name: string) => {
    const [row = 0, column = 0] = name.split(" ").map(Number);
    onPick?.(row, column);
  };
  return <Diagram {...{ option, description }} onPick={onPick && pick} />;
}

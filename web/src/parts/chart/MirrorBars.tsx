// Two quantities of each row against each other: bought up, sold down.

import { useCallback } from "react";
import { useSpeech } from "../../language/Speak";
import { axisOf, Diagram, tooltipOf } from "./Diagram";
import type { Palette } from "./look";

export interface MirrorRow {
  key: string;
  label: string;
  /** Decimal strings, both positive. */
  up: string;
  down: string;
}

interface MirrorBarsProps {
  rows: readonly MirrorRow[];
  upLabel: string;
  downLabel: string;
  unit: string;
  /** CSS variables; bought and sold as a rule. */
  upColour?: string;
  downColour?: string;
  description: string;
  onPick?: (label: string) => void;
}

export function MirrorBars(props: MirrorBarsProps) {
  const { rows, upLabel, downLabel, unit, description, onPick } = props;
  const { upColour = "--demand", downColour = "--supply" } = props;
  const { format } = useSpeech();
  const option = useCallback(
    (colour: Palette) => ({
      grid: { left: 8, right: 12, top: 26, bottom: 8, containLabel: true },
      xAxis: axisOf(colour, { type: "category", data: rows.map((each) => each.label) }),
      yAxis: axisOf(colour, {
        ...{ type: "value", name: unit },
        axisLabel: {
          color: colour("muted"),
          formatter: (value: number) => format.plain(Math.abs(value)),
        },
      }),
      tooltip: tooltipOf(colour, {
        trigger: "axis",
        axisPointer: { type: "shadow" },
        formatter: (points: { dataIndex: number }[]) => {
          const row = rows[points[0]?.dataIndex ?? -1];
          if (!row) return "";
          return (
            `${row.label}\n${upLabel} ${format.exact(row.up, 3)} ${unit}\n` +
            `${downLabel} ${format.exact(row.down, 3)} ${unit}`
          );
        },
      }),
      series: [
        bars(
          upLabel,
          rows.map((each) => Number(each.up)),
          colour(upColour.slice(2)),
          [3, 3, 0, 0],
        ),
        bars(
          downLabel,
          rows.map((each) => -Number(each.down)),
          colour(downColour.slice(2)),
          [0, 0, 3, 3],
        ),
      ],
    }),
    [rows, upLabel, downLabel, unit, upColour, downColour, format],
  );
  return <Diagram {...{ option, description, onPick }} />;
}

const bars = (name: string, data: number[], ink: string, borderRadius: number[]) => ({
  ...{ type: "bar", name, stack: "both", data, barMaxWidth: 28 },
  itemStyle: { color: ink, borderRadius },
});

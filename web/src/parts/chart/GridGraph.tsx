// A grid: its nodes and the lines between them, what flows, and what of it a limit holds back.
//
// The one idea: width tells the flow, a line's stroke its state: thin grey carries nothing, blue is
// free, red and double is at its limit; numbers stand beside them.

import { useCallback } from "react";
import { useSpeech } from "../../language/Speak";
import { Diagram, tooltipOf } from "./Diagram";
import type { Mark } from "./Legend";
import { mixed, type Palette } from "./look";

export interface GridNode {
  id: string;
  label: string;
  /** In any one unit; all nodes have a place or none. */
  x?: number;
  y?: number;
  /** What stands beneath the name: a price, a voltage. */
  value?: string;
  kind?: "area" | "substation" | "bus" | "unit";
  tone?: "good" | "warning" | "bad";
  /** Place on the scale of colours, 0 to 1: a figure that `value` says too. */
  heat?: number;
  /** All that is known, line by line, where one points. */
  facts?: readonly string[];
}

export interface GridLine {
  id: string;
  from: string;
  to: string;
  /** What is written on it; positive `loading` points from `from` to `to`. */
  label?: string;
  /** Part of the limit, −1 to 1 and beyond; null: not known. */
  loading: number | null;
  binding?: boolean;
  facts?: readonly string[];
}

interface GridGraphProps {
  nodes: readonly GridNode[];
  lines: readonly GridLine[];
  description: string;
  onPick?: (id: string) => void;
}

const SYMBOL = { area: "roundRect", substation: "rect", bus: "circle", unit: "diamond" } as const;

export function useGridMarks(): Mark[] {
  const { t } = useSpeech();
  return [
    { key: "free", label: t("chart.line_free"), colour: "--series-1" },
    { key: "high", label: t("chart.line_high"), colour: "--warning", dash: [8, 2] },
    { key: "binding", label: t("chart.line_binding"), colour: "--bad", dash: [3, 2] },
    { key: "idle", label: t("chart.line_idle"), colour: "--control", dash: [1, 3] },
  ];
}

export function GridGraph({ nodes, lines, description, onPick }: GridGraphProps) {
  const { format } = useSpeech();
  const option = useCallback(
    (colour: Palette) => {
      const placed = nodes.every(({ x, y }) => x !== undefined && y !== undefined);
      const many = nodes.length > 40;
      return {
        tooltip: tooltipOf(colour, {
          formatter: ({ data }: { data: { told: string } }) => data.told,
        }),
        series: [
          {
            ...{ type: "graph", roam: true, scaleLimit: { min: 0.4, max: 12 } },
            layout: placed ? "none" : "force",
            force: { layoutAnimation: false, repulsion: 260, edgeLength: 70, gravity: 0.08 },
            ...{
              left: many ? 24 : 64,
              right: many ? 24 : 64,
              top: 30,
              bottom: 48,
              edgeSymbolSize: 9,
              // Areas stand where there is room; wires as they lie.
              preserveAspect: nodes.some(({ kind }) => kind !== "area"),
            },
            label: { show: !many, color: colour("text"), position: "bottom", lineHeight: 14 },
            labelLayout: { hideOverlap: true },
            emphasis: { focus: "adjacency", label: { show: true } },
            data: nodes.map((node) => nodeOf(node, colour, many)),
            links: lines.map((line) => linkOf(line, colour, format.share)),
          },
        ],
      };
    },
    [nodes, lines, format],
  );
  return <Diagram {...{ option, description, onPick }} />;
}

function nodeOf(node: GridNode, colour: Palette, many: boolean) {
  const { id, label, x, y, value, kind = "bus", tone, heat } = node;
  const size = { area: 34, substation: 22, bus: many ? 9 : 16, unit: 14 }[kind];
  return {
    ...{ id, name: id, x, y, symbol: SYMBOL[kind], symbolSize: size },
    told: [label, value, ...(node.facts ?? [])].filter(Boolean).join("\n"),
    itemStyle: {
      color:
        heat !== undefined
          ? mixed(colour("heat-low"), colour("heat-high"), heat)
          : colour(tone ? `${tone}-ground` : "raised"),
      borderColor: tone ? colour(tone) : colour("control"),
      borderWidth: tone ? 3 : 1.5,
    },
    label: {
      ...{ backgroundColor: colour("surface"), padding: [1, 3], borderRadius: 3 },
      formatter: value === undefined ? label : `${label}\n${value}`,
    },
  };
}

function linkOf(line: GridLine, colour: Palette, share: (ppm: number) => string) {
  const { loading, binding } = line;
  const part = Math.abs(loading ?? 0);
  const back = (loading ?? 0) < 0;
  const ink = binding ? "bad" : part >= 0.8 ? "warning" : part > 0 ? "series-1" : "control";
  const dash = binding ? [3, 2] : part >= 0.8 ? [8, 2] : part > 0 ? "solid" : [1, 3];
  const told = loading === null ? "" : share(Math.round(part * 1_000_000));
  return {
    // An arrow points to where it flows.
    source: back ? line.to : line.from,
    target: back ? line.from : line.to,
    name: line.id,
    symbol: part > 0 ? ["none", "arrow"] : ["none", "none"],
    told: [line.id, told, ...(line.facts ?? [])].filter(Boolean).join("\n"),
    lineStyle: { color: colour(ink), width: 1.5 + 4 * Math.min(1, part), type: dash, opacity: 1 },
    label: { show: line.label !== undefined, formatter: line.label ?? "", color: colour("text") },
  };
}

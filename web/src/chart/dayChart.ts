// The day's charts on canvas: step lines of prices and stacked bars of energy, both by interval.
//
// The one idea: a value belongs to a whole interval, so it is drawn from its start to its end, and
// the pointer is always in an interval, never nearest to a point.

import uPlot from "uplot";
import { inkPx } from "../parts/measure";
import { colour } from "../style/theme";
import { valueRange } from "./range";

export interface DaySeries {
  label: string;
  /** A CSS variable. */
  colour: string;
  dash: number[];
  values: (number | null)[];
}

export interface DayChart {
  kind: "steps" | "bars";
  /** Seconds; one more than there are values: the end of the day closes the last interval. */
  edges: number[];
  series: DaySeries[];
  /** Shaded range per interval. */
  band: ({ low: number; high: number } | null)[];
  /** Selected interval's index; null: none. */
  selected: number | null;
  showTimes: boolean;
  timeText(seconds: number): string;
  valueText(value: number): string;
  onHover(index: number | null): void;
  onSelect(index: number): void;
}

const SYNC = "day";
const AXIS_WIDTH = 54;
const GUTTER = 20;

/** `read` gives the latest props: the chart is made once per theme and language, not per message. */
export function dayOptions(read: () => DayChart, width: number, height: number): uPlot.Options {
  const { kind, series, showTimes } = read();
  const font = `${inkPx(11)}px ${getComputedStyle(document.body).fontFamily}`;
  const axis = {
    font,
    stroke: () => colour("--muted"),
    grid: { stroke: () => colour("--grid"), width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height,
    // The axis labels above the last tick need no more than this.
    padding: [8, GUTTER, showTimes ? 0 : 4, 0],
    legend: { show: false },
    cursor: {
      drag: { x: false, y: false },
      y: false,
      points: { show: false },
      sync: { key: SYNC, setSeries: false },
      dataIdx: (u, _series, _closest, x) => floorIndex(u.data[0] as number[], x),
    },
    scales: {
      x: { time: false, range: () => ends(read().edges) },
      y: { range: () => valueRange(read()) },
    },
    axes: [
      {
        ...axis,
        show: true,
        size: showTimes ? inkPx(24) : 0,
        splits: (u) => timeSplits(read().edges, u.width),
        values: (_u, splits) =>
          showTimes ? splits.map((each) => read().timeText(each)) : splits.map(() => ""),
      },
      {
        ...axis,
        size: inkPx(AXIS_WIDTH),
        space: kind === "bars" ? 22 : 34,
        values: (_u, splits) => splits.map((each) => read().valueText(each)),
      },
    ],
    series: [
      {},
      ...series.map((each, index) =>
        kind === "steps" ? stepSeries(each, read) : barSeries(each, index, read),
      ),
    ],
    hooks: {
      drawClear: [(u) => drawGround(u, read())],
      draw: [(u) => drawBeyond(u, read())],
      setCursor: [(u) => read().onHover(u.cursor.idx ?? null)],
      ready: [
        (u) =>
          u.over.addEventListener("click", () => {
            if (u.cursor.idx != null) read().onSelect(u.cursor.idx);
          }),
      ],
    },
  };
}

export function dayData({ kind, edges, series }: DayChart): uPlot.AlignedData {
  const starts = edges.slice(0, -1);
  const values = kind === "steps" ? series.map((each) => each.values) : stacked(series);
  return [starts, ...values] as uPlot.AlignedData;
}

/** Running totals: the top of each bar's piece. */
function stacked(series: DaySeries[]): (number | null)[][] {
  const tops: (number | null)[][] = [];
  for (const each of series) {
    const below = tops.at(-1);
    tops.push(each.values.map((value, i) => (value === null ? null : value + (below?.[i] ?? 0))));
  }
  return tops;
}

function stepSeries(series: DaySeries, read: () => DayChart): uPlot.Series {
  return {
    label: series.label,
    stroke: () => colour(series.colour),
    width: 1.75,
    dash: series.dash,
    points: { show: false },
    paths: (u, index) => {
      const line = new Path2D();
      const edges = read().edges.map((each) => u.valToPos(each, "x", true));
      let joined = false;
      (u.data[index] ?? []).forEach((value, i) => {
        const [left, right] = [edges[i], edges[i + 1]];
        if (value == null || left === undefined || right === undefined) {
          joined = false;
          return;
        }
        const y = u.valToPos(value, "y", true);
        if (joined) line.lineTo(left, y);
        else line.moveTo(left, y);
        line.lineTo(right, y);
        joined = true;
      });
      return drawn(line, null);
    },
  };
}

function barSeries(series: DaySeries, index: number, read: () => DayChart): uPlot.Series {
  return {
    label: series.label,
    fill: () => colour(series.colour),
    width: 0,
    points: { show: false },
    paths: (u) => {
      const bars = new Path2D();
      const edges = read().edges.map((each) => u.valToPos(each, "x", true));
      const below = index > 0 ? u.data[index] : undefined;
      (u.data[index + 1] ?? []).forEach((top, i) => {
        const [left, right] = [edges[i], edges[i + 1]];
        if (top == null || left === undefined || right === undefined) return;
        const y = u.valToPos(top, "y", true);
        const base = u.valToPos(below?.[i] ?? 0, "y", true);
        const gap = right - left > 4 ? 1 : 0;
        bars.rect(left, y, right - left - gap, base - y);
      });
      return drawn(null, bars);
    },
  };
}

function drawn(stroke: Path2D | null, fill: Path2D | null): uPlot.Series.Paths {
  // The library's types do not know that all of these may be left empty.
  return {
    stroke,
    fill,
    clip: null,
    band: null,
    gaps: null,
    flags: 0,
  } as unknown as uPlot.Series.Paths;
}

/** The shaded band and the selected interval, beneath the lines. */
function drawGround(u: uPlot, chart: DayChart): void {
  const { ctx } = u;
  // Whole pixels: neighbouring pieces of the band must not show a seam.
  const edges = chart.edges.map((each) => Math.round(u.valToPos(each, "x", true)));
  ctx.save();
  ctx.fillStyle = colour("--band");
  chart.band.forEach((range, i) => {
    const [left, right] = [edges[i], edges[i + 1]];
    if (!range || left === undefined || right === undefined) return;
    const top = u.valToPos(range.high, "y", true);
    ctx.fillRect(left, top, right - left, u.valToPos(range.low, "y", true) - top);
  });
  if (chart.selected !== null) {
    const [left, right] = [edges[chart.selected], edges[chart.selected + 1]];
    if (left !== undefined && right !== undefined) {
      ctx.fillStyle = colour("--selected");
      ctx.fillRect(left, u.bbox.top, Math.max(right - left, 3), u.bbox.height);
    }
  }
  ctx.restore();
}

/** A price outside the picture is not left out in silence: a triangle points to it at the edge. */
function drawBeyond(u: uPlot, chart: DayChart): void {
  if (chart.kind === "bars") return;
  const { ctx, bbox } = u;
  const [low, high] = [u.scales.y?.min ?? 0, u.scales.y?.max ?? 0];
  const size = 5 * devicePixelRatio;
  ctx.save();
  for (const { values, colour: name } of chart.series) {
    ctx.fillStyle = colour(name);
    values.forEach((value, i) => {
      if (value === null || (value >= low && value <= high)) return;
      const up = value > high;
      const middle = ((chart.edges[i] ?? 0) + (chart.edges[i + 1] ?? 0)) / 2;
      const x = u.valToPos(middle, "x", true);
      const tip = up ? bbox.top : bbox.top + bbox.height;
      const foot = up ? tip + size * 1.5 : tip - size * 1.5;
      ctx.beginPath();
      ctx.moveTo(x, tip);
      ctx.lineTo(x - size, foot);
      ctx.lineTo(x + size, foot);
      ctx.fill();
    });
  }
  ctx.restore();
}

function floorIndex(starts: readonly number[], x: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? Infinity) <= x) low = middle;
    else high = middle - 1;
  }
  return low;
}

function ends(edges: readonly number[]): [number, number] {
  return [edges[0] ?? 0, edges.at(-1) ?? 1];
}

const HOUR_S = 3_600;

/** Whole hours, as many as fit: every 1, 2, 3, 4, 6 or 12 of them. */
function timeSplits(edges: readonly number[], width: number): number[] {
  const [from, until] = ends(edges);
  const fits = Math.max(2, Math.floor((width - inkPx(AXIS_WIDTH)) / inkPx(52)));
  const hours = (until - from) / HOUR_S;
  const every = [1, 2, 3, 4, 6, 12].find((each) => hours / each <= fits) ?? 24;
  const result: number[] = [];
  for (let at = from; at <= until; at += every * HOUR_S) result.push(at);
  return result;
}

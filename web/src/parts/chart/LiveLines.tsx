// Lines over time that grow as the stream says more (uPlot).

import { useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from "react";
import type { KeyboardEvent } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useSpeech } from "../../language/Speak";
import { colour } from "../../style/theme";
import { inkPx } from "../measure";
import { Swatch } from "./Legend";
import type { LiveSeries } from "./liveSeries";
import { useLook } from "./look";
import "./chart.css";

export interface Line {
  key: string;
  label: string;
  /** A CSS variable. */
  colour: string;
  dash?: number[];
  /** A value that holds for its whole interval is a step, not a slope. */
  steps?: boolean;
}

interface LiveLinesProps {
  series: LiveSeries;
  lines: readonly Line[];
  /** What the lines are, for who cannot see them. */
  label: string;
  unit: string;
  /** Pairs of lines (their keys) with the ground between them shaded: forecast and its range. */
  bands?: readonly { low: string; high: string }[];
  valueText?(value: number): string;
  /** Seconds that are shown, up to the latest point; left out: all there are. */
  window?: number;
  /** Pixels of the plot; in a frame that is lower, what the readout leaves of it. */
  height?: number;
}

export function LiveLines(props: LiveLinesProps) {
  const { series, lines, label, unit, height = 260 } = props;
  const { t, format } = useSpeech();
  const look = useLook();
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const [chosen, choose] = useState<number | null>(null);
  const valueText = props.valueText ?? ((value: number) => format.plain(value));
  const shape = `${look} ${format.tag} ${format.zone} ${lines.map((each) => each.key).join()}`;

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const made = new uPlot(
      options(() => latest.current, element, {
        time: (seconds) => format.timeOfDay(seconds * 1000),
        value: (value) => format.plain(value),
        onHover: choose,
      }),
      dataOf(latest.current.series),
      element,
    );
    plot.current = made;
    const sizes = new ResizeObserver(() =>
      made.setSize({ width: element.clientWidth, height: element.clientHeight }),
    );
    sizes.observe(element);
    return () => {
      sizes.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape]);

  useEffect(
    () => series.subscribe(() => plot.current?.setData(dataOf(series), true)),
    [series, shape],
  );

  const moveTo = (index: number) => {
    const at = Math.max(0, Math.min(series.at.length - 1, index));
    choose(at);
    const made = plot.current;
    made?.setCursor({ left: made.valToPos(series.at[at] ?? 0, "x"), top: 10 });
  };
  const keys = (event: KeyboardEvent) => {
    const now = chosen ?? series.at.length - 1;
    const moves: Record<string, number> = {
      ...{ ArrowLeft: now - 1, ArrowRight: now + 1, PageUp: now + 20, PageDown: now - 20 },
      ...{ Home: 0, End: series.at.length - 1 },
    };
    const to = moves[event.key];
    if (event.key === "Escape") choose(null);
    else if (to === undefined) return;
    else moveTo(to);
    event.preventDefault();
  };

  return (
    <div className="p-lines">
      <Readout {...{ series, lines, chosen, unit, valueText }} />
      <div
        ref={box}
        className="p-lines-plot"
        style={{ flexBasis: height }}
        role="slider"
        tabIndex={0}
        aria-label={`${label}. ${t("chart.keys")}`}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, series.at.length - 1)}
        aria-valuenow={chosen ?? Math.max(0, series.at.length - 1)}
        aria-valuetext={said(series, lines, chosen, valueText, (at) => format.timeOfDay(at * 1000))}
        onKeyDown={keys}
      />
    </div>
  );
}

interface ReadoutProps {
  series: LiveSeries;
  lines: readonly Line[];
  chosen: number | null;
  unit: string;
  valueText(value: number): string;
}

/** The values under the pointer, else the latest ones. Says the legend too. */
function Readout({ series, lines, chosen, unit, valueText }: ReadoutProps) {
  const { format } = useSpeech();
  useSyncExternalStore(series.subscribe, series.seen);
  const at = chosen ?? series.at.length - 1;
  const seconds = series.at[at];
  return (
    <div className="p-readout" aria-hidden="true">
      <b className="p-readout-time">
        {seconds === undefined ? "–" : format.timeOfDay(seconds * 1000, true)}
      </b>
      {lines.map((line, index) => {
        const value = series.values[index]?.[at];
        return (
          <span key={line.key} className="p-readout-item">
            <Swatch colour={line.colour} dash={line.dash ?? []} />
            {line.label} <b>{value == null ? "–" : valueText(value)}</b>
          </span>
        );
      })}
      <span className="p-unit">{unit}</span>
    </div>
  );
}

function said(
  series: LiveSeries,
  lines: readonly Line[],
  chosen: number | null,
  valueText: (value: number) => string,
  timeText: (seconds: number) => string,
): string {
  const at = chosen ?? series.at.length - 1;
  const seconds = series.at[at];
  if (seconds === undefined) return "–";
  const values = lines.map((line, index) => {
    const value = series.values[index]?.[at];
    return `${line.label} ${value == null ? "–" : valueText(value)}`;
  });
  return `${timeText(seconds)}: ${values.join(", ")}`;
}

const dataOf = (series: LiveSeries) => [series.at, ...series.values] as uPlot.AlignedData;

/** Ticks stand on round times. */
const INCREMENTS_S = [1, 5, 15, 30, 60, 300, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 86_400];

interface Words {
  time(seconds: number): string;
  value(value: number): string;
  onHover(index: number | null): void;
}

/** `read`: the latest props; the chart is made once for a look, not once for a point. */
function options(read: () => LiveLinesProps, element: HTMLElement, words: Words): uPlot.Options {
  const { lines, bands = [] } = read();
  const axis = {
    font: `${inkPx(11)}px ${getComputedStyle(document.body).fontFamily}`,
    stroke: () => colour("--muted"),
    grid: { stroke: colour("--grid"), width: 1 },
    ticks: { show: false },
  };
  const indexOf = (key: string) => lines.findIndex((each) => each.key === key) + 1;
  const stepped = uPlot.paths.stepped?.({ align: 1 });
  return {
    width: element.clientWidth,
    height: element.clientHeight,
    padding: [8, 22, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, y: false, points: { size: 7 } },
    scales: {
      x: {
        time: false,
        range: (_u, low, high) => {
          const { window } = read();
          return [window === undefined ? low : Math.max(low, high - window), high];
        },
      },
    },
    axes: [
      {
        ...axis,
        size: inkPx(24),
        values: (_u, splits) => splits.map(words.time),
        space: 70,
        incrs: INCREMENTS_S,
      },
      { ...axis, size: inkPx(52), values: (_u, splits) => splits.map(words.value) },
    ],
    bands: bands.map(({ low, high }) => ({
      series: [indexOf(high), indexOf(low)],
      fill: () => colour("--band"),
    })),
    series: [
      {},
      ...lines.map((line): uPlot.Series => ({
        label: line.label,
        stroke: colour(line.colour),
        width: 1.75,
        dash: line.dash ?? [],
        points: { show: false },
        ...(line.steps && stepped ? { paths: stepped } : {}),
      })),
    ],
    hooks: { setCursor: [(u) => words.onHover(u.cursor.idx ?? null)] },
  };
}

// A picture by ECharts in the page's colours: fetched when the first one is shown, drawn anew when
// its data, the theme or its size change.

import type { EChartsCoreOption, ECharts } from "echarts/core";
import { useEffect, useRef, useState } from "react";
import { useSpeech } from "../../language/Speak";
import { inkPx } from "../measure";
import { Failed, Loading } from "../state/states";
import { palette, useLook, type Palette } from "./look";
import "./chart.css";

export interface DiagramProps {
  /** Made with the page's colours; a new function draws anew, so keep it (`useCallback`). */
  option(colour: Palette): EChartsCoreOption;
  /** What there is to see, for who cannot. */
  description: string;
  /** Name of the thing that was clicked. */
  onPick?: ((name: string) => void) | undefined;
}

let library: Promise<typeof import("./echarts")> | null = null;

/** The same promise for all pictures; after a failure the next one asks again. */
function fetched() {
  library ??= import("./echarts").catch((fault: unknown) => {
    library = null;
    throw fault;
  });
  return library;
}

export function Diagram({ option, description, onPick }: DiagramProps) {
  const { format } = useSpeech();
  const look = useLook();
  const box = useRef<HTMLDivElement>(null);
  const [chart, setChart] = useState<ECharts | null>(null);
  const [failed, setFailed] = useState(false);
  const [tries, setTries] = useState(0);
  const pick = useRef(onPick);
  pick.current = onPick;

  useEffect(() => {
    let made: ECharts | null = null;
    let gone = false;
    const sizes = new ResizeObserver(() => made?.resize());
    fetched().then(
      ({ init }) => {
        const element = box.current;
        if (gone || !element) return;
        made = init(element, themed(), { renderer: "canvas" });
        made.on("click", ({ name }) => pick.current?.(String(name)));
        sizes.observe(element);
        setChart(made);
      },
      () => setFailed(true),
    );
    return () => {
      gone = true;
      sizes.disconnect();
      made?.dispose();
      setChart(null);
    };
  }, [tries]);

  useEffect(() => {
    if (!chart) return;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    chart.setOption(
      {
        animation: !still,
        animationDuration: 250,
        textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: inkPx(11) },
        ...option(palette),
      },
      { notMerge: true },
    );
  }, [chart, option, look, format]);

  if (failed) {
    return (
      <Failed
        code="UNREACHABLE"
        onAgain={() => {
          setFailed(false);
          setTries(tries + 1);
        }}
      />
    );
  }
  return (
    <div className="p-diagram">
      {!chart && <Loading shape="chart" />}
      <div ref={box} className="p-diagram-canvas" role="img" aria-label={description} />
    </div>
  );
}

/** What all our pictures have in common: axes, tooltips, margins. */
export function axisOf(colour: Palette, more: object = {}) {
  return {
    axisLine: { lineStyle: { color: colour("border") } },
    axisTick: { show: false },
    axisLabel: { color: colour("muted"), hideOverlap: true },
    splitLine: { lineStyle: { color: colour("grid") } },
    nameTextStyle: { color: colour("muted") },
    ...more,
  };
}

/** What is written at every kind of axis grows with the page's text. */
function themed(): object {
  const axis = { axisLabel: { fontSize: inkPx(12) }, nameTextStyle: { fontSize: inkPx(11) } };
  return { categoryAxis: axis, valueAxis: axis, timeAxis: axis, logAxis: axis };
}

export function tooltipOf(colour: Palette, more: object = {}) {
  return {
    renderMode: "richText" as const,
    backgroundColor: colour("surface"),
    borderColor: colour("border"),
    textStyle: { color: colour("text"), fontSize: inkPx(12) },
    ...more,
  };
}

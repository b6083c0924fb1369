// Keeps one uPlot chart alive in the page: new data is drawn into it; a new theme makes it anew.

import { useEffect, useLayoutEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { dayData, dayOptions, type DayChart } from "./dayChart";

/** `look`: changes when colours or texts change and the chart has to be made anew. */
export function DayPlot({ chart, look, name }: { chart: DayChart; look: string; name: string }) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(chart);
  latest.current = chart;
  const shape = `${look} ${chart.kind} ${chart.series.map((each) => each.label).join()}`;

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const made = new uPlot(
      dayOptions(() => latest.current, element.clientWidth, element.clientHeight),
      dayData(latest.current),
      element,
    );
    plot.current = made;
    const sizes = new ResizeObserver(() => {
      made.setSize({ width: element.clientWidth, height: element.clientHeight });
    });
    sizes.observe(element);
    return () => {
      sizes.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape]);

  useEffect(() => {
    plot.current?.setData(dayData(chart));
  }, [chart]);

  return <div ref={box} className={`plot plot-${name}`} aria-hidden="true" />;
}

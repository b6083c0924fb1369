// The pieces of ECharts that our pictures need. Nothing imports this but `Diagram`, and lazily: no
// page carries it that shows none of them.
//
// Drawn on canvas: the server's content security policy takes no styles inside of markup, which SVG
// and tooltips of HTML would need.

import { BarChart, GraphChart, HeatmapChart, LineChart, ScatterChart } from "echarts/charts";
import {
  AriaComponent,
  DataZoomInsideComponent,
  GridComponent,
  MarkLineComponent,
  TooltipComponent,
  VisualMapContinuousComponent,
} from "echarts/components";
import * as core from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

core.use([
  ...[BarChart, GraphChart, HeatmapChart, LineChart, ScatterChart],
  ...[AriaComponent, DataZoomInsideComponent, GridComponent, MarkLineComponent],
  ...[TooltipComponent, VisualMapContinuousComponent, CanvasRenderer],
]);

export const init = core.init;

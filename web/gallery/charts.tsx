import { useEffect, useState } from "react";
import { ChartPanel } from "../src/parts/chart/ChartPanel";
import {
  GridGraph,
  useGridMarks,
  type GridLine,
  type GridNode,
} from "../src/parts/chart/GridGraph";
import { HeatMap } from "../src/parts/chart/HeatMap";
import { LiveLines, type Line } from "../src/parts/chart/LiveLines";
import { LiveSeries } from "../src/parts/chart/liveSeries";
import { MirrorBars } from "../src/parts/chart/MirrorBars";
import { StepCurves, useCurveMarks, type BlockMark } from "../src/parts/chart/StepCurves";
import { Panels } from "../src/parts/frame/Page";
import type { Column } from "../src/parts/table/columns";

const LINES: Line[] = [1, 2, 3, 4, 5].map((n) => ({
  key: `l${n}`,
  label: `Area ${n}`,
  colour: `--series-${n}`,
  dash: n === 1 ? [] : [n * 2, 3],
}));

function wave(seconds: number, line: number) {
  return 60 + 12 * line + 20 * Math.sin(seconds / 900 + line) + 4 * Math.sin(seconds / 97);
}

const series = new LiveSeries(5);
const begin = Date.parse("2026-06-15T08:00:00Z") / 1000;
const past = Array.from({ length: 2_880 }, (_, i) => begin + i * 5);
series.replace(
  past,
  LINES.map((_, line) => past.map((at) => wave(at, line))),
);
let next = begin + 2_880 * 5;
function append() {
  series.append(
    next,
    LINES.map((_, line) => wave(next, line)),
  );
  next += 5;
}
// For whoever measures: one point a frame.
Object.assign(window, { appendLive: append });

interface Row {
  key: string;
  value: string;
}
const COLUMNS: Column<Row>[] = [
  { key: "key", title: "What", kind: "text", value: (row) => row.key },
  { key: "value", title: "Value", unit: "kWh", kind: "decimal", value: (row) => row.value },
];
const ROWS: Row[] = Array.from({ length: 14 }, (_, i) => ({ key: `H${i}`, value: `${i}.5` }));
const frame = { columns: COLUMNS, rows: ROWS, rowKey: (row: Row) => row.key, empty: "Later." };

const SUPPLY: [string, string][] = [
  ["20.00", "12"],
  ["45.00", "30"],
  ["85.20", "52"],
  ["110.00", "70"],
  ["180.00", "90"],
];
const DEMAND: [string, string][] = [
  ["240.00", "10"],
  ["150.00", "28"],
  ["90.00", "48"],
  ["60.00", "66"],
  ["10.00", "95"],
];
const BLOCKS: BlockMark[] = [
  { id: "B1", price: "70", kwh: "20", fate: "accepted" },
  { id: "B2", price: "130", kwh: "60", fate: "rejected" },
  { id: "B3", price: "78", kwh: "40", fate: "paradox" },
];
const CLEARING = { price: "85.20", soldKwh: "50", boughtKwh: "48" };
const MIRROR = ROWS.map(({ key }, i) => ({
  key,
  label: key,
  up: `${(i * 7) % 11}.25`,
  down: `${(i * 5) % 9}.5`,
}));
const QUARTERS = Array.from({ length: 24 }, (_, i) => `${String(i).padStart(2, "0")}:00`);
const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const HEAT = DAYS.map((_, d) =>
  QUARTERS.map((_q, h) => (d === 6 && h > 18 ? null : wave(h * 400, d))),
);
const NODES: GridNode[] = [
  { id: "A", label: "Rural", value: "85.20", kind: "area", x: 0, y: 0 },
  { id: "B", label: "Semi-urban", value: "90.00", kind: "area", x: 120, y: -30, tone: "warning" },
  { id: "C", label: "Grid", value: "1.02 pu", kind: "substation", x: 60, y: 70 },
  { id: "D", label: "Bus 4", value: "0.91 pu", x: 160, y: 60, tone: "bad" },
];
const LINKS: GridLine[] = [
  { id: "A-B", from: "A", to: "B", loading: 0.5, label: "40 kW" },
  { id: "B-C", from: "B", to: "C", loading: -1, binding: true, label: "80 kW" },
  { id: "C-D", from: "C", to: "D", loading: 0.85, label: "8 kW" },
  { id: "A-C", from: "A", to: "C", loading: 0, label: "0 kW" },
];

export function Charts() {
  const curves = useCurveMarks(true);
  const grid = useGridMarks();
  const [stale, setStale] = useState(false);
  useEffect(() => {
    const timer = setInterval(append, 1_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <>
      <ChartPanel
        {...frame}
        name="live"
        title="Live lines"
        description="Five areas' prices."
        stale={stale}
      >
        <LiveLines
          series={series}
          lines={LINES}
          label="Prices"
          unit="EUR/MWh"
          bands={[{ low: "l1", high: "l3" }]}
          height={250}
        />
      </ChartPanel>
      <button type="button" onClick={() => setStale(!stale)}>
        Stale
      </button>
      <Panels least={420}>
        <ChartPanel
          {...frame}
          name="curves"
          title="Curves"
          description="They meet."
          legend={curves}
          height={320}
        >
          <StepCurves
            {...{ supply: SUPPLY, demand: DEMAND, blocks: BLOCKS, clearing: CLEARING }}
            currency="EUR"
            description="They meet at 85.20."
            full
          />
        </ChartPanel>
        <ChartPanel
          {...frame}
          name="mirror"
          title="Mirror"
          description="Bought up, sold down."
          height={320}
        >
          <MirrorBars
            rows={MIRROR}
            upLabel="Bought"
            downLabel="Sold"
            unit="kWh"
            description="Both."
          />
        </ChartPanel>
        <ChartPanel {...frame} name="heat" title="Heat" description="Seven days." height={320}>
          <HeatMap columns={QUARTERS} rows={DAYS} values={HEAT} unit="kWh" description="Days." />
        </ChartPanel>
        <ChartPanel
          {...frame}
          name="grid"
          title="Grid"
          description="Four nodes."
          legend={grid}
          height={320}
        >
          <GridGraph nodes={NODES} lines={LINKS} description="Four nodes." />
        </ChartPanel>
      </Panels>
    </>
  );
}

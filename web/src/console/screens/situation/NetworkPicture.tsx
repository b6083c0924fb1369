// The areas and the lines between them, with the flows of one interval, as a small picture.

import { useTexts } from "./texts";
import { places, type Point } from "../../../market/places";
import type { AreaView, LineView } from "../../../market/views";
import { markOf } from "../../../style/marks";
import type { Interval, Market } from "../../../wire/types";

const WIDTH = 300;
const HEIGHT = 236;
const NODE = { width: 108, height: 50 };

const CENTRE = { x: WIDTH / 2, y: HEIGHT / 2 };
const RADIUS = { x: (WIDTH - NODE.width) / 2 - 2, y: (HEIGHT - NODE.height) / 2 - 2 };

interface Props {
  market: Market;
  lines: LineView[];
  areas: AreaView[];
  interval: Interval | null;
}

export function NetworkPicture({ market, lines, areas, interval }: Props) {
  const { t, format } = useTexts();
  const at = places(market, CENTRE, RADIUS);
  const said = lines
    .map(({ from, to, sentW, capacityW }) =>
      t("grid.picture_line", { from, to, power: format.kw(sentW), capacity: format.kw(capacityW) }),
    )
    .join("; ");
  const label = t("grid.picture", {
    interval: interval ? format.span(interval.start, interval.end) : "–",
    lines: said,
  });
  return (
    <svg className="network" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      {lines.map((line) => {
        const [from, to] = [at.get(line.from), at.get(line.to)];
        return from && to ? <Flow key={line.lineId} line={line} from={from} to={to} /> : null;
      })}
      {areas.map((area) => {
        const point = at.get(area.areaId);
        const { colour } = markOf(market.areas, area.areaId);
        return point ? <Node key={area.areaId} area={area} at={point} colour={colour} /> : null;
      })}
    </svg>
  );
}

/** Lines with a flow point its way; a binding one is double and crossed by a bar. */
function Flow({ line, from, to }: { line: LineView; from: Point; to: Point }) {
  const { format } = useTexts();
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const unit = { x: (to.x - from.x) / length, y: (to.y - from.y) / length };
  const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
  const angle = (Math.atan2(unit.y, unit.x) * 180) / Math.PI;
  const width = line.direction === null ? 1.5 : 2 + 5 * Math.min(1, line.loadingPercent / 100);

  return (
    <g className={line.binding ? "flow binding" : line.direction === null ? "flow still" : "flow"}>
      <line x1={from.x} y1={from.y} x2={to.x} y2={to.y} strokeWidth={width} />
      {line.direction !== null && (
        <g
          transform={`translate(${middle.x + unit.x * 34} ${middle.y + unit.y * 34}) rotate(${angle})`}
        >
          <path className="arrow" d="M-6 -7L9 0L-6 7Z" />
          {line.binding && <rect className="stop" x="10" y="-10" width="4" height="20" />}
        </g>
      )}
      <g transform={`translate(${middle.x} ${middle.y})`}>
        <rect className="flow-back" x="-27" y="-9" width="54" height="18" rx="3" />
        <text textAnchor="middle" y="4">
          {format.kw(line.sentW)}
        </text>
      </g>
    </g>
  );
}

function Node({ area, at, colour }: { area: AreaView; at: Point; colour: string }) {
  const { format } = useTexts();
  const { width, height } = NODE;
  const net = area.exportW ?? 0;
  return (
    <g className="node" transform={`translate(${at.x - width / 2} ${at.y - height / 2})`}>
      <rect width={width} height={height} rx="6" />
      <rect
        className="node-mark"
        width="5"
        height={height}
        rx="2"
        style={{ fill: `var(${colour})` }}
      />
      <text className="node-name" x="13" y="19">
        {area.areaId}
      </text>
      <text className="node-net" x={width - 8} y="19" textAnchor="end">
        {net === 0 ? "" : net > 0 ? "↑" : "↓"}{" "}
        {area.exportW === null ? "" : format.kw(Math.abs(net))}
      </text>
      <text className="node-price" x="13" y="40">
        {format.price(area.price)}
      </text>
    </g>
  );
}

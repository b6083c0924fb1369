// The picture of supply, demand and the point where they clear, as SVG.

import { useId, useLayoutEffect, useRef, useState, type PointerEvent, type ReactNode } from "react";
import {
  energyShown,
  path,
  priceAt,
  priceRange,
  ticks,
  type CurvesView,
  type Range,
  type Scale,
} from "../../../parts/chart/steps";
import { useTexts } from "./texts";

export interface Clearing {
  /** Null: no single price (nothing traded, or several areas together). */
  price: number | null;
  soldWh: number;
  boughtWh: number;
}

interface Props {
  view: CurvesView;
  clearing: Clearing;
  /** Prices that should be in the picture besides the clearing price. */
  anchors: (number | null)[];
  full: boolean;
  description: string;
  unit: string;
  /** Beside the legend. */
  children?: ReactNode;
}

const MARGIN = { left: 54, right: 14, top: 20, bottom: 26 };
/** Tick labels keep out of the corner where the unit stands. */
const UNIT_WIDTH = 42;

export function CurvesChart({ view, clearing, anchors, full, description, unit, children }: Props) {
  const { t, format } = useTexts();
  const [box, size] = useSize();
  const [pointer, point] = useState<number | null>(null);
  const clip = useId();

  const plot = {
    width: Math.max(10, size.width - MARGIN.left - MARGIN.right),
    height: Math.max(10, size.height - MARGIN.top - MARGIN.bottom),
  };
  const range = priceRange([view.supply, view.demand], [clearing.price, ...anchors], full);
  const maxWh = energyShown(view.maxWh, Math.max(clearing.soldWh, clearing.boughtWh), full);
  const scale: Scale = {
    x: (wh) => MARGIN.left + (wh / maxWh) * plot.width,
    y: (price) => MARGIN.top + ((range.high - price) / (range.high - range.low)) * plot.height,
  };
  const follow = (event: PointerEvent<SVGSVGElement>) => {
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left;
    const wh = ((x - MARGIN.left) / plot.width) * maxWh;
    point(wh >= 0 && wh <= maxWh ? wh : null);
  };
  const bottom = MARGIN.top + plot.height;
  const right = MARGIN.left + plot.width;

  return (
    <>
      <div className="curves" ref={box}>
        <svg
          width={size.width}
          height={size.height}
          role="img"
          aria-label={description}
          onPointerMove={follow}
          onPointerLeave={() => point(null)}
        >
          <clipPath id={clip}>
            <rect x={MARGIN.left} y={MARGIN.top} width={plot.width} height={plot.height} />
          </clipPath>
          <Axes scale={scale} range={range} maxWh={maxWh} bottom={bottom} right={right} />
          <g clipPath={`url(#${clip})`}>
            <path className="curve supply" d={path(view.supply, scale)} />
            <path className="curve demand" d={path(view.demand, scale)} />
            {clearing.price !== null && (
              <line
                className="clearing-line"
                x1={MARGIN.left}
                x2={right}
                y1={scale.y(clearing.price)}
                y2={scale.y(clearing.price)}
              />
            )}
          </g>
          {clearing.price !== null && <ClearingPoint clearing={clearing} scale={scale} />}
          <text className="axis-title" x={right} y={bottom + 16} textAnchor="end">
            {t("unit.kwh")}
          </text>
          <text className="axis-title" x={0} y={11}>
            {unit}
          </text>
          {pointer !== null && (
            <line
              className="pointer"
              x1={scale.x(pointer)}
              x2={scale.x(pointer)}
              y1={MARGIN.top}
              y2={bottom}
            />
          )}
        </svg>
      </div>
      <div className="curve-foot">
        <div className="curve-legend" aria-hidden="true">
          <span className="key supply" /> {t("curves.supply")}
          <span className="key demand" /> {t("curves.demand")}
          {pointer !== null && (
            <span className="curve-readout">
              {t("curves.at", { energy: format.kwh(pointer / 1000) })}: {t("curves.supply")}{" "}
              <b>{format.price(priceAt(view.supply, pointer))}</b>, {t("curves.demand")}{" "}
              <b>{format.price(priceAt(view.demand, pointer))}</b>
            </span>
          )}
        </div>
        {children}
      </div>
    </>
  );
}

interface AxesProps {
  scale: Scale;
  range: Range;
  maxWh: number;
  bottom: number;
  right: number;
}

function Axes({ scale, range, maxWh, bottom, right }: AxesProps) {
  const { format } = useTexts();
  return (
    <g className="axes">
      {ticks(range, 6).map((price) => (
        <g key={price}>
          <line x1={MARGIN.left} x2={right} y1={scale.y(price)} y2={scale.y(price)} />
          <text x={MARGIN.left - 7} y={scale.y(price) + 4} textAnchor="end">
            {format.plain(price)}
          </text>
        </g>
      ))}
      {ticks({ low: 0, high: maxWh / 1000 }, 6).map((kwh) => (
        <g key={kwh}>
          <line x1={scale.x(kwh * 1000)} x2={scale.x(kwh * 1000)} y1={MARGIN.top} y2={bottom} />
          <text x={scale.x(kwh * 1000)} y={bottom + 16} textAnchor="middle">
            {scale.x(kwh * 1000) < right - UNIT_WIDTH && format.plain(kwh)}
          </text>
        </g>
      ))}
    </g>
  );
}

/** Where each curve meets the price; the bar between them is what comes from or goes to other areas. */
function ClearingPoint({ clearing, scale }: { clearing: Clearing; scale: Scale }) {
  const y = scale.y(clearing.price ?? 0);
  const [sold, bought] = [scale.x(clearing.soldWh), scale.x(clearing.boughtWh)];
  return (
    <g className="clearing-point">
      <line className="exchange" x1={sold} x2={bought} y1={y} y2={y} />
      <rect className="supply" x={sold - 4.5} y={y - 4.5} width="9" height="9" />
      <circle className="demand" cx={bought} cy={y} r="5" />
    </g>
  );
}

function useSize() {
  const box = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 320, height: 220 });
  useLayoutEffect(() => {
    const element = box.current;
    if (!element || typeof ResizeObserver === "undefined") return;
    const sizes = new ResizeObserver(() =>
      setSize({ width: element.clientWidth, height: element.clientHeight }),
    );
    sizes.observe(element);
    return () => sizes.disconnect();
  }, []);
  return [box, size] as const;
}

// Supply and demand curves as steps on a plane of energy (Wh) and price.

/** Price and cumulative kWh, decimal strings as the wire has them. */
export type CurvePoint = readonly [string, string];

/** One step: energy from `fromWh` to `toWh` at one price (currency/MWh). */
export interface Step {
  price: number;
  fromWh: number;
  toWh: number;
}

export function steps(points: readonly CurvePoint[]): Step[] {
  const result: Step[] = [];
  let fromWh = 0;
  for (const [price, cumulativeKwh] of points) {
    const toWh = Math.round(Number(cumulativeKwh) * 1000);
    if (toWh > fromWh) result.push({ price: Number(price), fromWh, toWh });
    fromWh = Math.max(fromWh, toWh);
  }
  return result;
}

export interface Scale {
  x(wh: number): number;
  y(price: number): number;
}

/** The SVG path of the curve: along each step, straight up or down between two. */
export function path(curve: readonly Step[], scale: Scale): string {
  return curve
    .map((step, index) => {
      const y = round(scale.y(step.price));
      const along = `H${round(scale.x(step.toWh))}`;
      return index === 0 ? `M${round(scale.x(step.fromWh))} ${y}${along}` : `V${y}${along}`;
    })
    .join("");
}

const round = (value: number) => Math.round(value * 10) / 10;

/** The price of the curve at an energy; null: beyond its end. */
export function priceAt(curve: readonly Step[], wh: number): number | null {
  return curve.find((step) => step.fromWh <= wh && wh < step.toWh)?.price ?? null;
}

export interface Range {
  low: number;
  high: number;
}

/** However close together the prices that matter are, this much around them is shown. */
const NEAR_LEAST = 50;

/**
 * Prices to show: around what matters (clearing price and the last resort's prices), because orders
 * that take any price stand at the cap and would squash everything else; or, if `full`, all of them.
 */
export function priceRange(
  curves: readonly Step[][],
  anchors: readonly (number | null)[],
  full: boolean,
): Range {
  const prices = curves.flat().map((step) => step.price);
  const known = anchors.filter((price): price is number => price !== null);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  const near = Math.max(most - least, NEAR_LEAST);
  const inside = prices.filter((price) => price >= least - near && price <= most + near);
  const shown = [...known, ...(full || known.length === 0 ? prices : inside)];
  if (shown.length === 0) return { low: 0, high: 1 };
  const low = Math.min(...shown);
  const high = Math.max(...shown);
  const pad = Math.max((high - low) * 0.06, 1);
  return { low: low - pad, high: high + pad };
}

/** Round values for an axis, about `count` of them. */
export function ticks(range: Range, count: number): number[] {
  const raw = (range.high - range.low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((unit) => unit * power).find((unit) => unit >= raw) ?? raw;
  const result: number[] = [];
  for (let n = Math.ceil(range.low / step); n * step <= range.high; n += 1) {
    result.push(Number((n * step).toPrecision(12)));
  }
  return result;
}

export interface CurvesView {
  supply: Step[];
  demand: Step[];
  maxWh: number;
}

export function curvesView(area: {
  supply: readonly CurvePoint[];
  demand: readonly CurvePoint[];
}): CurvesView {
  const supply = steps(area.supply);
  const demand = steps(area.demand);
  return { supply, demand, maxWh: Math.max(supply.at(-1)?.toWh ?? 0, demand.at(-1)?.toWh ?? 0) };
}

/** Traded energy is at least two fifths of the picture's width. */
const BEYOND = 2.5;

/**
 * Energy to show, Wh: the retailer of last resort offers far more than is ever taken, so the picture
 * ends a good way beyond what was traded; or, if `full`, where the curves end.
 */
export function energyShown(maxWh: number, tradedWh: number, full: boolean): number {
  const enough = full || tradedWh === 0 ? maxWh : Math.min(maxWh, tradedWh * BEYOND);
  return Math.max(1, enough * 1.03);
}

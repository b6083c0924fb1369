// What the panels show, derived from the situation: pure, and tested without a page.

import {
  PHASES,
  STOPS,
  type Direction,
  type Interval,
  type Market,
  type Phase,
} from "../wire/types";
import type { Situation } from "./state";
import { phaseIn } from "./stops";
import { marketDay, type Day } from "./time";

/** A decimal string as whole thousandths: 1 Wh of a kWh, exactly. */
export function thousandths(value: string | null | undefined): number {
  return value === null || value === undefined ? 0 : Math.round(Number(value) * 1000);
}

export interface DayView extends Day {
  /** One per start of the day, in the phase that holds in every area; null: not known yet. */
  intervals: (Interval | null)[];
}

export const isCleared = (interval: Interval | null): interval is Interval & { areas: object } =>
  interval !== null && interval.areas !== null;

/** The day on the screen: that of the latest cleared interval; before the first, the first traded. */
export function dayView(situation: Situation, market: Market): DayView {
  const latest = latestCleared([...situation.intervals.values()]);
  const first = situation.intervals.keys().next().value;
  const day = marketDay(Date.parse(latest?.start ?? first ?? market.trading_from), {
    zone: market.time_zone,
    minutes: market.interval_minutes,
    fromMs: Date.parse(market.trading_from),
    untilMs: market.trading_until === null ? null : Date.parse(market.trading_until),
  });
  const byMs = new Map(
    [...situation.intervals.values()].map((each) => {
      const phase = phaseIn(situation.stops, each, null);
      return [Date.parse(each.start), phase === each.phase ? each : { ...each, phase }];
    }),
  );
  return { ...day, intervals: day.startsMs.map((start) => byMs.get(start) ?? null) };
}

export function latestCleared(intervals: readonly (Interval | null)[]): Interval | null {
  return intervals.findLast(isCleared) ?? null;
}

export interface RailStep {
  phase: Phase;
  count: number;
  /** The interval that will leave this phase first; for the last phase, the one that came last. */
  front: Interval | null;
}

/** The phases that every interval of the market goes through, and those that some are in now. */
export function phaseRail(day: DayView, market: Market): RailStep[] {
  return PHASES.map((phase) => {
    const inside = day.intervals.filter((each): each is Interval => each?.phase === phase);
    const front = phase === "settled" ? inside.at(-1) : inside[0];
    return { phase, count: inside.length, front: front ?? null };
  }).filter(({ phase, count }) => {
    if (STOPS.includes(phase)) return count > 0;
    return phase !== "continuous" || count > 0 || market.continuous != null;
  });
}

const BEFORE_GATE: readonly Phase[] = ["scheduled", "call", "continuous", ...STOPS];

/** The interval whose gate closes next: still open or yet to open, in order of time. */
export function nextGate(situation: Situation): { interval: Interval; gateMs: number } | null {
  for (const interval of situation.intervals.values()) {
    if (interval.gate_at !== null && BEFORE_GATE.includes(interval.phase)) {
      return { interval, gateMs: Date.parse(interval.gate_at) };
    }
  }
  return null;
}

export interface PriceSeries {
  areaId: string;
  /** One per interval of the day, currency/MWh; null: not cleared, or nothing traded. */
  prices: (number | null)[];
}

export function priceSeries(day: DayView, market: Market): PriceSeries[] {
  return market.areas.map(({ area_id }) => ({
    areaId: area_id,
    prices: day.intervals.map((interval) => {
      const price = interval?.areas?.find((each) => each.area_id === area_id)?.price_per_mwh;
      return price === null || price === undefined ? null : Number(price);
    }),
  }));
}

/** Bought energy of each area, kWh, one per interval of the day. */
export function volumeSeries(
  day: DayView,
  market: Market,
): { areaId: string; kwh: (number | null)[] }[] {
  return market.areas.map(({ area_id }) => ({
    areaId: area_id,
    kwh: day.intervals.map((interval) => {
      const bought = interval?.areas?.find((each) => each.area_id === area_id)?.bought_kwh;
      return bought === undefined ? null : Number(bought);
    }),
  }));
}

/** Ask and bid of the retailer of last resort, one per interval of the day. */
export function lastResort(
  startsMs: readonly number[],
  market: Market,
  hourOf: (ms: number) => number,
) {
  return startsMs.map((start) => {
    const hour = hourOf(start);
    const band = market.last_resort.find((each) => each.from_hour <= hour && hour < each.to_hour);
    return band ? { ask: Number(band.ask_per_mwh), bid: Number(band.bid_per_mwh) } : null;
  });
}

export interface LineView {
  lineId: string;
  /** In the direction of the flow; without a flow, in the line's own direction. */
  from: string;
  to: string;
  direction: Direction | null;
  /** Mean power over the interval, W. */
  sentW: number;
  receivedW: number;
  capacityW: number;
  /** Whole per cent of the capacity. */
  loadingPercent: number;
  binding: boolean;
  /** Price at the receiving end less price at the sending end, ticks; null: a price is missing. */
  spreadTicks: number | null;
}

/** Each line in the interval, seen in the direction in which it carries. */
export function lineViews(interval: Interval | null, market: Market): LineView[] {
  const perHour = 60 / market.interval_minutes;
  const priceTicks = (area: string) => {
    const price = interval?.areas?.find((each) => each.area_id === area)?.price_per_mwh ?? null;
    return price === null ? null : Math.round(Number(price) * 100);
  };
  return market.lines.map((line) => {
    const result = interval?.lines?.find((each) => each.line_id === line.line_id) ?? null;
    const forwardWh = thousandths(result?.sent_forward_kwh);
    const backwardWh = thousandths(result?.sent_backward_kwh);
    const direction = forwardWh > 0 ? "forward" : backwardWh > 0 ? "backward" : null;
    const back = direction === "backward";
    const [from, to] = back ? [line.to_area, line.from_area] : [line.from_area, line.to_area];
    const sentWh = back ? backwardWh : forwardWh;
    const receivedWh = thousandths(
      back ? result?.received_backward_kwh : result?.received_forward_kwh,
    );
    const capacityW = result
      ? thousandths(back ? result.capacity_backward_kwh : result.capacity_forward_kwh) * perHour
      : thousandths(back ? line.capacity_backward_kw : line.capacity_forward_kw);
    const sentW = sentWh * perHour;
    const [fromTicks, toTicks] = [priceTicks(from), priceTicks(to)];
    return {
      lineId: line.line_id,
      from,
      to,
      direction,
      sentW,
      receivedW: receivedWh * perHour,
      capacityW,
      loadingPercent: capacityW > 0 ? Math.round((100 * sentW) / capacityW) : 0,
      binding: result?.binding != null,
      spreadTicks: fromTicks === null || toTicks === null ? null : toTicks - fromTicks,
    };
  });
}

export interface AreaView {
  areaId: string;
  name: string;
  price: string | null;
  boughtKwh: string | null;
  soldKwh: string | null;
  /** Positive: the area gives out; mean power over the interval, W. */
  exportW: number | null;
  /** The limit in the direction of the exchange, W; null: none. */
  limitW: number | null;
}

export function areaViews(interval: Interval | null, market: Market): AreaView[] {
  const perHour = 60 / market.interval_minutes;
  return market.areas.map((area) => {
    const result = interval?.areas?.find((each) => each.area_id === area.area_id);
    const exportW = result ? thousandths(result.net_export_kwh) * perHour : null;
    const limit = (exportW ?? 0) >= 0 ? area.export_limit_kw : area.import_limit_kw;
    return {
      areaId: area.area_id,
      name: area.name,
      price: result?.price_per_mwh ?? null,
      boughtKwh: result?.bought_kwh ?? null,
      soldKwh: result?.sold_kwh ?? null,
      exportW,
      limitW: limit === null ? null : thousandths(limit),
    };
  });
}

export interface ClearingHealth {
  cleared: number;
  settled: number;
  total: number;
  trades: number;
  faults: number;
  last: Interval | null;
  /** Rungs other than the best, and how often. */
  lesserRungs: [string, number][];
  solveMsMax: number | null;
}

export function clearingHealth(day: DayView): ClearingHealth {
  const cleared = day.intervals.filter(isCleared);
  const rungs = new Map<string, number>();
  for (const { rung } of cleared) {
    if (rung !== null && rung !== "optimal") rungs.set(rung, (rungs.get(rung) ?? 0) + 1);
  }
  const solveMs = cleared.map((each) => each.solve_ms).filter((ms) => ms !== null);
  return {
    cleared: cleared.length,
    settled: day.intervals.filter((each) => each?.phase === "settled").length,
    total: day.startsMs.length,
    trades: cleared.reduce((sum, each) => sum + (each.trades ?? 0), 0),
    faults: cleared.reduce((sum, each) => sum + faultCount(each), 0),
    last: latestCleared(cleared),
    lesserRungs: [...rungs],
    solveMsMax: solveMs.length > 0 ? Math.max(...solveMs) : null,
  };
}

export function faultCount(interval: Interval): number {
  const faults = interval.audit_faults;
  return Array.isArray(faults) ? faults.length : (faults ?? 0);
}

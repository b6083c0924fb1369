// Halts and volatility calls: they stand beside an interval's own phase and hide it while they last.

import { STOPS, type Interval, type Phase, type Stop } from "../wire/types";

/** By interval and area. */
export type Stops = ReadonlyMap<string, Stop>;

/** Phases that a stop hides; after the gate nothing is left to stop. */
const HIDEABLE: readonly Phase[] = ["call", "continuous"];
/** From here on an interval's own stops mean nothing any more. */
const OVER: readonly Phase[] = ["delivery_lock", "settling", "settled"];

const placeOf = (start: string | null, area: string | null) => `${start ?? ""} ${area ?? ""}`;

export function stopsAnew(found: readonly Stop[]): Stops {
  return new Map(found.map((each) => [placeOf(each.start, each.area), each]));
}

export function stopped(stops: Stops, stop: Stop): Stops {
  return new Map(stops).set(placeOf(stop.start, stop.area), stop);
}

export function released(stops: Stops, start: string | null, area: string | null): Stops {
  const place = placeOf(start, area);
  if (!stops.has(place)) return stops;
  const next = new Map(stops);
  next.delete(place);
  return next;
}

/** A phase of the road was entered: it may end what stood beside it. */
export function movedOn(
  stops: Stops,
  start: string,
  { phase, area }: { phase: Phase; area: string | null },
): Stops {
  if (phase === "continuous") return released(stops, start, area);
  if (!OVER.includes(phase)) return stops;
  const left = [...stops].filter(([, stop]) => stop.start !== start);
  return left.length === stops.size ? stops : new Map(left);
}

/** Where an interval stands in an area; without one, what holds in every area. */
export function phaseIn(stops: Stops, interval: Interval, area: string | null): Phase {
  if (stops.size === 0 || !HIDEABLE.includes(interval.phase)) return interval.phase;
  const areas = area === null ? [null] : [null, area];
  const found = [null, interval.start].flatMap((start) =>
    areas.flatMap((each) => stops.get(placeOf(start, each)) ?? []),
  );
  const halt = found.find(({ phase }) => phase !== "volatility_call");
  return (halt ?? found[0])?.phase ?? interval.phase;
}

export interface StopGroup {
  phase: Phase;
  /** Null: in every area. */
  area: string | null;
  /** The intervals it holds in; null: in all of them. */
  starts: string[] | null;
}

/** The stops that hide something now: one of each phase and area, however many intervals it has. */
export function stopGroups(stops: Stops, intervals: ReadonlyMap<string, Interval>): StopGroup[] {
  const groups = new Map<string, StopGroup>();
  for (const { start, area, phase } of stops.values()) {
    const interval = start === null ? null : intervals.get(start);
    if (interval && !HIDEABLE.includes(interval.phase)) continue;
    const name = `${phase} ${area ?? ""} ${start === null ? "all" : "some"}`;
    const group = groups.get(name) ?? { phase, area, starts: start === null ? null : [] };
    if (start !== null) group.starts?.push(start);
    groups.set(name, group);
  }
  return [...groups.values()].sort((a, b) => STOPS.indexOf(b.phase) - STOPS.indexOf(a.phase));
}

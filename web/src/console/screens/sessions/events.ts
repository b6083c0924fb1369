// A session's steps and stops on one line of time, with what each had to be done by: pure.

import type { SessionStep, SessionTimeline } from "../../wire";

/** Deadline and step of the same thing are one event; what has no deadline stands where it happened. */
export interface RoadEvent {
  key: string;
  /** A step of the road, the phase of a stop, `decouple` or `couple`. */
  what: string;
  at: string | null;
  deadline: string | null;
  /** Null for steps of the road that have not happened. */
  step: SessionStep | null;
}

/** What is due without being a step that is taken: it is told beside the result. */
export const BESIDE = "grid_check";

export function roadEvents({ deadlines, steps }: SessionTimeline): RoadEvent[] {
  const due = deadlines.filter(({ what }) => what !== BESIDE);
  const road = due.map(({ what, at }): RoadEvent => {
    const step = steps.find((each) => each.what === what) ?? null;
    return { key: what, what, at: step?.at ?? null, deadline: at, step };
  });
  const known = new Set(due.map(({ what }) => what));
  const others = steps
    .filter(({ what }) => !known.has(what))
    .map((step, index): RoadEvent => {
      const key = `${index} ${step.what} ${step.area_id ?? ""}`;
      return { key, what: step.what, at: step.at, deadline: null, step };
    });
  const when = (event: RoadEvent) => Date.parse(event.at ?? event.deadline ?? "");
  return [...road, ...others].sort((a, b) => when(a) - when(b));
}

const TROUBLE = ["halt", "frozen", "volatility_call", "decouple"];

/** Whether something beside the road happened that an operator wants to know of. */
export const isTrouble = ({ what }: RoadEvent): boolean => TROUBLE.includes(what);

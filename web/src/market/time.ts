// Market time on the screen: telling it between two messages, counting down, and the market day.
//
// The one idea: the market's clock may run faster than real time and it waits for a slow auction,
// so the screen carries a heard time on only for a few real seconds and never past the next gate.

import { local, midnight } from "../language/zone";
import type { ClockBase } from "../stream/hub";

export { local, midnight };

/** Longer silence than a heartbeat and a bit: the clock on the screen stops rather than invent. */
const CARRY_MAX_MS = 6_000;

/** Market time in ms, carried on from what was last heard. `holdMs`: it cannot have passed this. */
export function marketNow(clock: ClockBase, realMs: number, holdMs: number | null): number {
  if (!clock.running) return clock.nowMs;
  const elapsedMs = Math.min(Math.max(0, realMs - clock.heardMs), CARRY_MAX_MS);
  const now = clock.nowMs + elapsedMs * clock.speed;
  return holdMs === null ? now : Math.min(now, Math.max(clock.nowMs, holdMs));
}

/** `h:mm:ss`, or `m:ss` below an hour; never negative. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours > 0
    ? `${hours}:${two(minutes)}:${two(seconds % 60)}`
    : `${minutes}:${two(seconds % 60)}`;
}

export interface Day {
  fromMs: number;
  untilMs: number;
  /** Starts of the day's intervals that are traded, UTC ms: 92, 96 or 100 quarter-hours. */
  startsMs: number[];
}

/** The market day around `ms`, cut to the time in which the market trades. */
export function marketDay(
  ms: number,
  rules: { zone: string; minutes: number; fromMs: number; untilMs: number | null },
): Day {
  const inside = Math.max(rules.fromMs, Math.min(ms, (rules.untilMs ?? Infinity) - 1));
  const fromMs = midnight(inside, rules.zone);
  const untilMs = midnight(inside, rules.zone, 1);
  const startsMs: number[] = [];
  for (let start = fromMs; start < untilMs; start += rules.minutes * 60_000) {
    if (start >= rules.fromMs && start < (rules.untilMs ?? Infinity)) startsMs.push(start);
  }
  return { fromMs, untilMs, startsMs };
}

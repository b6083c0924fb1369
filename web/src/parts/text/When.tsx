// Instants and intervals in the market's zone; the hour that comes twice in autumn with its name.

import { useSyncExternalStore } from "react";
import { useSpeech } from "../../language/Speak";
import "./text.css";

interface TimeProps {
  at: string | number | null | undefined;
  seconds?: boolean;
  /** With its day. */
  day?: boolean;
}

export function Time({ at, seconds = false, day = false }: TimeProps) {
  const { format } = useSpeech();
  const machine = iso(at);
  return (
    <time
      className="p-quantity"
      dateTime={machine}
      title={day || machine === undefined ? undefined : format.stamp(at, true)}
    >
      {day ? format.stamp(at, seconds) : format.timeOfDay(at, seconds)}
    </time>
  );
}

interface IntervalProps {
  start: string | number;
  end: string | number | null;
  day?: boolean;
}

export function Interval({ start, end, day = false }: IntervalProps) {
  const { format } = useSpeech();
  return (
    <time className="p-quantity" dateTime={iso(start)}>
      {day && `${format.day(start as string)}, `}
      {format.interval(start, end)}
    </time>
  );
}

interface AgoProps {
  at: string | number;
  /** The market's time now, ms; left out: this machine's clock, looked at each second. */
  now?: number;
}

export function Ago({ at, now }: AgoProps) {
  const { format } = useSpeech();
  const clock = useSyncExternalStore(eachSecond, wholeSecond);
  const ms = typeof at === "number" ? at : Date.parse(at);
  return (
    <time className="p-quantity" dateTime={iso(at)} title={format.stamp(at, true)}>
      {format.ago(ms, now ?? clock)}
    </time>
  );
}

/** One timer for all that tell how long ago something was. */
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function eachSecond(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => listeners.forEach((each) => each()), 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

const wholeSecond = () => Math.floor(Date.now() / 1000) * 1000;

function iso(at: string | number | null | undefined): string | undefined {
  if (at === null || at === undefined) return undefined;
  const when = new Date(at);
  return Number.isNaN(when.getTime()) ? undefined : when.toISOString();
}

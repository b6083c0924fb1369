// What happened against what had to happen by when.
//
// The one idea: every step stands on one line of time with its deadline, so being late is seen as a
// distance and said as a word.

import type { ReactNode } from "react";
import { useSpeech } from "../../language/Speak";
import { Icon, type IconName } from "../icons";
import { Time } from "../text/When";
import "./figures.css";

export interface TimelineEvent {
  key: string;
  title: ReactNode;
  /** When it happened; null: it has not yet. */
  at: string | number | null;
  /** By when it has to have happened; left out: no deadline. */
  deadline?: string | number | null;
  /** It was tried and did not succeed. */
  failed?: boolean;
  note?: ReactNode;
}

type Standing = "done" | "late" | "failed" | "due" | "waiting";

const ICONS: Record<Standing, IconName> = {
  done: "good",
  late: "warning",
  failed: "bad",
  due: "warning",
  waiting: "waiting",
};
const TONES: Record<Standing, string> = {
  done: "p-good",
  late: "p-warning",
  failed: "p-bad",
  due: "p-bad",
  waiting: "p-unknown",
};

/** How an event stands at `nowMs`. */
export function standing({ at, deadline, failed }: TimelineEvent, nowMs: number): Standing {
  if (failed) return "failed";
  const limit = deadline == null ? Infinity : new Date(deadline).getTime();
  if (at === null) return nowMs > limit ? "due" : "waiting";
  return new Date(at).getTime() > limit ? "late" : "done";
}

interface TimelineProps {
  label: string;
  events: readonly TimelineEvent[];
  /** The market's time now, ms. */
  now: number;
}

const DAY_MS = 86_400_000;

export function Timeline({ label, events, now }: TimelineProps) {
  const { t } = useSpeech();
  return (
    <ol className="p-timeline" aria-label={label}>
      {events.map((event) => {
        const stands = standing(event, now);
        const left = event.deadline == null ? null : new Date(event.deadline).getTime();
        return (
          <li key={event.key} className={`p-moment ${TONES[stands]}`} data-stands={stands}>
            <span className="p-moment-mark">
              <Icon name={ICONS[stands]} size={13} />
            </span>
            <span className="p-moment-title">{event.title}</span>
            <span className="p-moment-when">
              {event.at === null ? t(`timeline.${stands}`) : <Time at={event.at} seconds />}
            </span>
            <span className="p-moment-note">
              {event.note}
              {stands === "late" && t("timeline.late")}
              {stands === "failed" && t("timeline.failed")}
            </span>
            {left !== null && (
              <span className="p-moment-deadline">
                {t("timeline.deadline")} <Time at={left} seconds />
                {event.at === null &&
                  // Beyond a day the date beside it says more.
                  Math.abs(left - now) <= DAY_MS &&
                  `, ${t("timeline.left", { time: remaining(left - now) })}`}
              </span>
            )}
          </li>
        );
      })}
    </ol>
  );
}

/** `−1:05`, `12:00`, `1:02:03`. */
export function remaining(ms: number): string {
  const seconds = Math.abs(Math.trunc(ms / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const text = hours > 0 ? `${hours}:${two(minutes)}` : String(minutes);
  return `${ms < 0 ? "\u2212" : ""}${text}:${two(seconds % 60)}`;
}

// Which interval the curves and the network show: the latest cleared one, or one that was chosen.

import { useTexts } from "./texts";
import { isCleared, type DayView } from "../../../market/views";

export interface Selection {
  /** Index in the day of the interval shown; null: none is cleared yet. */
  index: number | null;
  following: boolean;
  select(index: number): void;
  follow(): void;
}

/** The cleared interval next to `index` in a direction; `index` itself if there is none. */
export function neighbour(day: DayView, index: number, step: 1 | -1): number {
  for (let i = index + step; i >= 0 && i < day.intervals.length; i += step) {
    if (isCleared(day.intervals[i] ?? null)) return i;
  }
  return index;
}

export function IntervalPicker({ day, selection }: { day: DayView; selection: Selection }) {
  const { t, format } = useTexts();
  const { index, following, select, follow } = selection;
  const cleared = day.intervals.flatMap((each, i) => (isCleared(each) ? [{ each, i }] : []));
  const earliest = index === null || neighbour(day, index, -1) === index;
  const latest = index === null || neighbour(day, index, 1) === index;
  return (
    <div className="picker" role="group" aria-label={t("interval.label")}>
      <button
        type="button"
        aria-label={t("interval.earlier")}
        disabled={earliest}
        onClick={() => index !== null && select(neighbour(day, index, -1))}
      >
        ‹
      </button>
      <select
        aria-label={t("interval.choose")}
        value={index ?? ""}
        disabled={index === null}
        onChange={(event) => select(Number(event.target.value))}
      >
        {cleared.map(({ each, i }) => (
          <option key={each.start} value={i}>
            {format.span(each.start, each.end)}
          </option>
        ))}
      </select>
      <button
        type="button"
        aria-label={t("interval.later")}
        disabled={latest}
        onClick={() => index !== null && select(neighbour(day, index, 1))}
      >
        ›
      </button>
      <button type="button" aria-pressed={following} title={t("interval.follow")} onClick={follow}>
        {t("interval.latest")}
      </button>
    </div>
  );
}

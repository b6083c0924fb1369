// Interval by interval: was what was used covered, or did the last resort have to help out.
//
// Full height is covered, half height is not, nothing is no use: seen without colours too.

import { Panel } from "../../../parts/frame/Panel";
import type { Bar } from "./energy";
import { useTexts } from "./texts";

export function Coverage({ days }: { days: readonly { day: string; bars: readonly Bar[] }[] }) {
  const { t, format } = useTexts();
  return (
    <Panel title={t("cover.title")} foot={t("cover.legend")}>
      <ul className="energy-cover">
        {days.map(({ day, bars }) => {
          const used = bars.filter(({ covered }) => covered !== null);
          const good = used.filter(({ covered }) => covered);
          const name = format.day(`${day}T12:00:00Z`);
          const part = t("cover.of", { part: good.length, whole: used.length });
          return (
            <li key={day}>
              <span className="energy-cover-day">{name}</span>
              <span className="energy-cover-part">
                {used.length === 0 ? t("cover.none") : part}
              </span>
              <span
                className="energy-strip"
                role="img"
                aria-label={`${name}: ${used.length === 0 ? t("cover.none") : part}`}
              >
                {bars.map((each) => (
                  <span
                    key={each.key}
                    data-covered={each.covered === null ? "none" : each.covered ? "yes" : "no"}
                    title={format.interval(each.start, each.end)}
                  />
                ))}
              </span>
              <span className="energy-cover-hours" aria-hidden="true">
                {bars
                  .filter((_, index) => index % Math.ceil(bars.length / 4) === 0)
                  .map((each) => (
                    <span key={each.key}>{format.timeOfDay(each.start)}</span>
                  ))}
              </span>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}

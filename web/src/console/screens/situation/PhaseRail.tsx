// Where the day's intervals stand between call and money, and how long until the next gate.

import { useEffect, useRef, useState } from "react";
import { useTexts } from "./texts";
import { word } from "../../../language/words";
import { useRealTime } from "../../../shell/live";
import type { Situation } from "../../../market/state";
import { stopGroups } from "../../../market/stops";
import { countdown, marketNow } from "../../../market/time";
import { nextGate, phaseRail, type DayView } from "../../../market/views";
import type { Market } from "../../../wire/types";

interface Props {
  situation: Situation;
  market: Market;
  day: DayView;
  live: boolean;
}

export function PhaseRail({ situation, market, day, live }: Props) {
  const { t, format } = useTexts();
  const rail = phaseRail(day, market);
  return (
    <section className="rail" aria-label={t("rail.label")}>
      <NextGate situation={situation} live={live} />
      <div className="rail-main">
        <ol className="steps">
          {rail.map(({ phase, count, front }) => (
            <li
              key={phase}
              className={count > 0 ? `step phase-${phase}` : `step idle phase-${phase}`}
            >
              <span className="step-name">{word(t, "phase", phase)}</span>
              <span className="step-count">{format.whole(count)}</span>
              <span className="step-front">
                {front
                  ? t(phase === "settled" ? "rail.last" : "rail.front", {
                      time: format.time(front.start),
                    })
                  : t(`phase_hint.${phase}`)}
              </span>
            </li>
          ))}
        </ol>
        <StopChips situation={situation} />
        <DayStrip day={day} />
      </div>
    </section>
  );
}

function NextGate({ situation, live }: { situation: Situation; live: boolean }) {
  const { t, format } = useTexts();
  const { clock } = situation;
  const real = useRealTime(clock !== null && clock.speed > 1 ? 250 : 1_000);
  const gate = nextGate(situation);
  if (gate === null || clock === null) {
    return (
      <div className="gate">
        <span className="label">{t("rail.next_gate")}</span>
        <span className="gate-none">{t("rail.no_gate")}</span>
      </div>
    );
  }
  const leftMs = gate.gateMs - (live ? marketNow(clock, real, gate.gateMs) : clock.nowMs);
  return (
    <div className="gate">
      <span className="label">
        {t("rail.next_gate")} {format.time(gate.gateMs)}
      </span>
      <span className="gate-left">
        {countdown(leftMs)} <span className="unit">{t("rail.market_time")}</span>
      </span>
      <span className="muted">
        {live && clock.running && clock.speed !== 1 && (
          <>
            {(leftMs / clock.speed / 1000).toFixed(1)} {t("unit.s")} {t("rail.real_time")} ·{" "}
          </>
        )}
        {t("rail.for", { interval: format.span(gate.interval.start, gate.interval.end) })}
      </span>
    </div>
  );
}

/** Where trading is stopped: one chip for each phase and area. */
function StopChips({ situation }: { situation: Situation }) {
  const { t, format } = useTexts();
  const groups = stopGroups(situation.stops, situation.intervals);
  if (groups.length === 0) return null;
  return (
    <ul className="chips" aria-label={t("stop.label")}>
      {groups.map(({ phase, area, starts }) => {
        const [first] = starts ?? [];
        const end = first === undefined ? null : situation.intervals.get(first)?.end;
        const when =
          starts === null
            ? t("stop.all_intervals")
            : starts.length === 1 && first !== undefined
              ? format.span(first, end ?? null)
              : t("stop.intervals", { count: format.whole(starts.length) });
        return (
          <li key={`${phase} ${area} ${when}`} className={`chip phase-${phase}`}>
            {word(t, "phase", phase)} · {area ?? t("stop.all_areas")} · {when}
          </li>
        );
      })}
    </ul>
  );
}

/** Every interval of the day as a cell; the phases differ in height as well as in colour. */
function DayStrip({ day }: { day: DayView }) {
  const { t, format } = useTexts();
  const label = t("rail.strip", { from: format.time(day.fromMs), until: format.time(day.untilMs) });
  return (
    <div className="strip" role="img" aria-label={label}>
      {day.intervals.map((interval, index) => (
        <span
          key={day.startsMs[index]}
          className={`cell phase-${interval?.phase ?? "scheduled"}`}
        />
      ))}
    </div>
  );
}

/** A day at 720 times real speed changes phase several times a second: nobody can listen to that. */
const NEWS_EVERY_MS = 10_000;

/** Says the latest change of phase to those who listen, at most every ten seconds. */
export function Announcer({ situation }: { situation: Situation }) {
  const { t, format } = useTexts();
  const [said, say] = useState("");
  const latest = useRef("");
  const { news } = situation;
  const gate = nextGate(situation);
  if (news !== null) {
    const end = situation.intervals.get(news.start)?.end ?? null;
    const phase = word(t, "phase", news.phase);
    const values = {
      phase: news.area === null ? phase : `${phase} (${news.area})`,
      interval: format.span(news.start, end),
    };
    latest.current = gate
      ? t("rail.news", { ...values, gate: format.time(gate.gateMs) })
      : t("rail.news_last", values);
  }
  const speaking = news !== null;
  useEffect(() => {
    if (!speaking) return;
    say(latest.current);
    const timer = setInterval(() => say(latest.current), NEWS_EVERY_MS);
    return () => clearInterval(timer);
  }, [speaking]);
  return (
    <div className="unseen" role="status" aria-live="polite" data-testid="news">
      {said}
    </div>
  );
}

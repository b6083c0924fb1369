// Where the day's intervals stand between call and money, and how long until the next gate.

import { useEffect, useRef, useState } from "react";
import { useSpeech } from "../language/Speak";
import { useRealTime } from "../situation/hooks";
import type { Situation } from "../situation/state";
import { countdown, marketNow } from "../situation/time";
import { nextGate, phaseRail, type DayView } from "../situation/views";

interface Props {
  situation: Situation;
  day: DayView;
  live: boolean;
}

export function PhaseRail({ situation, day, live }: Props) {
  const { t, format } = useSpeech();
  const rail = phaseRail(day);
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
              <span className="step-name">{t(`phase.${phase}`)}</span>
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
        <DayStrip day={day} />
      </div>
    </section>
  );
}

function NextGate({ situation, live }: { situation: Situation; live: boolean }) {
  const { t, format } = useSpeech();
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

/** Every interval of the day as a cell; the phases differ in height as well as in colour. */
function DayStrip({ day }: { day: DayView }) {
  const { t, format } = useSpeech();
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
  const { t, format } = useSpeech();
  const [said, say] = useState("");
  const latest = useRef("");
  const { news } = situation;
  const gate = nextGate(situation);
  if (news !== null) {
    const end = situation.intervals.get(news.start)?.end ?? null;
    const values = { phase: t(`phase.${news.phase}`), interval: format.span(news.start, end) };
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

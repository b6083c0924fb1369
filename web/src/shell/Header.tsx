// Market, clock, connection, person, language and colours: one line that is always in sight.

import { use, useRef } from "react";
import { Link, useLocation } from "react-router";
import { LANGUAGES, type Language } from "../language/language";
import { useSpeech } from "../language/Speak";
import { marketNow } from "../market/time";
import { Connecting } from "../parts/state/states";
import type { Connection } from "../stream/client";
import { THEMES, type Theme } from "../style/theme";
import { useAppearance } from "./appearance";
import { RISES, type Rise } from "./convention";
import { useClock, useConnection, useHub, useLive, useRealTime } from "./live";
import { useMarkets } from "./markets";
import { useSession } from "./session";

const LANGUAGE_NAMES: Record<Language, string> = { en: "EN", "zh-CN": "中文" };

/** What stands at the right of the header on every page. */
export function Settings() {
  return (
    <>
      <span className="spring" />
      <LanguageChoice />
      <DisplayChoice />
      <Person />
    </>
  );
}

function LanguageChoice() {
  const { t, language, setLanguage } = useSpeech();
  const { session, tellLanguage } = useSession();
  const choose = (next: Language) => {
    setLanguage(next);
    // Mail and the next browser shall speak it too.
    if (session) tellLanguage(next);
  };
  return (
    <div className="segments" role="group" aria-label={t("header.language")}>
      {LANGUAGES.map((each) => (
        <button
          key={each}
          type="button"
          lang={each}
          aria-pressed={each === language}
          onClick={() => choose(each)}
        >
          {LANGUAGE_NAMES[each]}
        </button>
      ))}
    </div>
  );
}

/** Light or dark, and which way is red: chosen seldom, so behind a fold. */
function DisplayChoice() {
  const { t } = useSpeech();
  const { theme, chooseTheme, rise, chooseRise } = useAppearance();
  const fold = useRef<HTMLDetailsElement>(null);
  const close = () => fold.current?.removeAttribute("open");
  return (
    <details
      ref={fold}
      className="display"
      onKeyDown={(event) => event.key === "Escape" && close()}
      onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && close()}
    >
      <summary className="button">{t("header.display")}</summary>
      <div className="display-box">
        <label>
          {t("header.theme")}
          <select value={theme} onChange={(event) => chooseTheme(event.target.value as Theme)}>
            {THEMES.map((each) => (
              <option key={each} value={each}>
                {t(`header.theme_${each}`)}
              </option>
            ))}
          </select>
        </label>
        <label>
          {t("header.rise")}
          <select value={rise} onChange={(event) => chooseRise(event.target.value as Rise)}>
            {RISES.map((each) => (
              <option key={each} value={each}>
                {t(`header.rise_${each}`)}
              </option>
            ))}
          </select>
        </label>
      </div>
    </details>
  );
}

function Person() {
  const { t } = useSpeech();
  const { standing, session, leave } = useSession();
  const { pathname, search } = useLocation();
  if (standing === "asking") return null;
  if (session === null) {
    if (pathname === "/sign-in") return null;
    const to = `/sign-in?${new URLSearchParams({ to: pathname + search })}`;
    return (
      <Link className="button" to={to}>
        {t("session.sign_in")}
      </Link>
    );
  }
  return (
    <span className="person">
      <span className="person-name">
        <span>{session.name}</span>
        <span className="muted">{t(`role.${session.role}`)}</span>
      </span>
      <button type="button" onClick={() => void leave()}>
        {t("session.sign_out")}
      </button>
    </span>
  );
}

export function MarketChoice() {
  const { t } = useSpeech();
  const { choice, markets, choose } = useMarkets();
  if (choice.state !== "chosen") return null;
  const { market } = choice;
  if (markets.length < 2) return <strong className="market-name">{market.name}</strong>;
  return (
    <label className="choice market-choice">
      <span className="unseen">{t("header.market")}</span>
      <select value={market.market_id} onChange={(event) => choose(event.target.value)}>
        {markets.map((each) => (
          <option key={each.market_id} value={each.market_id}>
            {each.name}
          </option>
        ))}
      </select>
    </label>
  );
}

export function MarketClock() {
  const { t, format } = useSpeech();
  const { holdMs } = useHub();
  const clock = useClock();
  // Without the stream nobody knows how the market's time goes on: the clock shows the last one.
  const { live } = useLive();
  const real = useRealTime(clock !== null && clock.speed > 1 ? 250 : 1_000);
  if (clock === null) return null;
  const now = live ? marketNow(clock, real, holdMs) : clock.nowMs;
  const pace = !live
    ? t("clock.last_heard")
    : !clock.running
      ? t("clock.waiting")
      : clock.speed === 1
        ? t("clock.real")
        : t("clock.speed", { speed: format.plain(clock.speed) });
  return (
    <div className="clock" role="group" aria-label={t("clock.label")}>
      <time dateTime={new Date(now).toISOString()}>{format.seconds(now)}</time>
      <span className="stack">
        <span>{format.day(now)}</span>
        <span className="muted">{pace}</span>
      </span>
    </div>
  );
}

const LOOKS: Record<Connection["status"], string> = {
  connecting: "unknown",
  live: "good",
  stale: "bad",
  waiting: "bad",
};

export function ConnectionState() {
  const { t } = useSpeech();
  const connection = useConnection();
  const real = useRealTime(1_000);
  const seconds = Math.max(0, Math.ceil(((connection.retryMs ?? real) - real) / 1000));
  return (
    <span
      className={`pill ${LOOKS[connection.status]}`}
      aria-label={t("connection.label")}
      role="group"
    >
      <span className="dot" aria-hidden="true" />
      {connection.status === "waiting"
        ? t("connection.waiting", { seconds })
        : t(`connection.${connection.status}`)}
    </span>
  );
}

/** Old data must not look fresh: said over everything as soon as the stream is silent or cut. */
export function StaleBanner() {
  const { t, format } = useSpeech();
  const { live, late, sinceMs } = useLive();
  const connecting = use(Connecting);
  if (connecting || live) return null;
  return (
    <p className="banner" role="alert">
      <span aria-hidden="true">⚠ </span>
      {late
        ? t("connection.late_banner", { seconds: 10 })
        : sinceMs === null
          ? t("connection.never_banner")
          : t("connection.cut_banner", { time: format.seconds(sinceMs) })}
    </p>
  );
}

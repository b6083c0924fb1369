// Market, clock, connection, language and colours: one line that is always in sight.

import type { ReactNode } from "react";
import { LANGUAGES, type Language } from "../language/language";
import { useSpeech } from "../language/Speak";
import type { ClockBase } from "../situation/state";
import { marketNow } from "../situation/time";
import { useRealTime } from "../situation/hooks";
import type { Connection } from "../stream/client";
import { THEMES, type Theme } from "../style/theme";
import type { Market, MarketSummary } from "../wire/types";

const LANGUAGE_NAMES: Record<Language, string> = { en: "EN", "zh-CN": "中文" };

interface Props {
  theme: Theme;
  chooseTheme(theme: Theme): void;
  children?: ReactNode;
}

export function Header({ theme, chooseTheme, children }: Props) {
  const { t, language, setLanguage } = useSpeech();
  return (
    <header className="top">
      <div className="brand">
        <img src="/favicon.svg" width="22" height="22" alt="" />
        <h1>
          {t("app.title")} <span className="page-name">{t("app.page")}</span>
        </h1>
      </div>
      {children}
      <span className="spring" />
      <div className="segments" role="group" aria-label={t("header.language")}>
        {LANGUAGES.map((each) => (
          <button
            key={each}
            type="button"
            lang={each}
            aria-pressed={each === language}
            onClick={() => setLanguage(each)}
          >
            {LANGUAGE_NAMES[each]}
          </button>
        ))}
      </div>
      <label className="choice theme-choice">
        <span className="unseen">{t("header.theme")}</span>
        <select value={theme} onChange={(event) => chooseTheme(event.target.value as Theme)}>
          {THEMES.map((each) => (
            <option key={each} value={each}>
              {t(`header.theme_${each}`)}
            </option>
          ))}
        </select>
      </label>
    </header>
  );
}

interface MarketChoiceProps {
  market: Market;
  markets: MarketSummary[];
  choose(id: string): void;
}

export function MarketChoice({ market, markets, choose }: MarketChoiceProps) {
  const { t } = useSpeech();
  if (markets.length < 2) return <strong className="market-name">{market.name}</strong>;
  return (
    <label className="choice">
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

interface MarketClockProps {
  clock: ClockBase | null;
  /** A time that the market cannot have passed yet. */
  holdMs: number | null;
  /** Without the stream nobody knows how the market's time goes on: the clock shows the last one. */
  live: boolean;
}

export function MarketClock({ clock, holdMs, live }: MarketClockProps) {
  const { t, format } = useSpeech();
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

export function ConnectionState({ connection }: { connection: Connection }) {
  const { t } = useSpeech();
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

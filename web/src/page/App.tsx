// The page "Situation": the operator's first screen.

import { useCallback, useEffect, useMemo, useState } from "react";
import { Speak } from "../language/Speak";
import { useTexts } from "./texts";
import { useFeed, useMarket, usePicture, useRealTime, type Choice } from "../situation/hooks";
import type { Picture } from "../situation/feed";
import { dayView, latestCleared, nextGate } from "../situation/views";
import { useTheme } from "../style/theme";
import { Rest } from "../wire/rest";
import type { Market, MarketSummary } from "../wire/types";
import { BookPanel } from "./BookPanel";
import { CurvesPanel } from "./CurvesPanel";
import { GridPanel } from "./GridPanel";
import { ConnectionState, Header, MarketChoice, MarketClock } from "./Header";
import { HealthPanel } from "./HealthPanel";
import type { Selection } from "./IntervalPicker";
import { Announcer, PhaseRail } from "./PhaseRail";
import { PricePanel } from "./PricePanel";
import { TradesPanel } from "./TradesPanel";

type ThemeState = ReturnType<typeof useTheme>;

export function App() {
  const rest = useMemo(() => new Rest(), []);
  const [choice, choose] = useMarket(rest);
  const theme = useTheme();
  return (
    <Speak zone={choice.state === "chosen" ? choice.market.time_zone : undefined}>
      {choice.state === "chosen" ? (
        <Console
          key={choice.market.market_id}
          rest={rest}
          market={choice.market}
          markets={choice.markets}
          choose={choose}
          theme={theme}
        />
      ) : (
        <Waiting choice={choice} theme={theme} />
      )}
    </Speak>
  );
}

function Waiting({ choice, theme }: { choice: Choice; theme: ThemeState }) {
  const { t } = useTexts();
  useTitle(t("app.page"));
  return (
    <>
      <Header theme={theme.theme} chooseTheme={theme.choose} />
      <main className="waiting" role="status">
        {choice.state === "asking" && t("app.loading")}
        {choice.state === "none" && t("app.no_market")}
        {choice.state === "unreachable" && t("app.unreachable", { code: choice.code })}
      </main>
    </>
  );
}

interface ConsoleProps {
  rest: Rest;
  market: Market;
  markets: MarketSummary[];
  choose(id: string): void;
  theme: ThemeState;
}

function Console({ rest, market, markets, choose, theme }: ConsoleProps) {
  const { t, language } = useTexts();
  const feed = useFeed(market, rest);
  const picture = usePicture(feed);
  const { situation } = picture;
  const live = picture.connection.status === "live";
  const day = useMemo(
    () => dayView(situation, market),
    [situation.intervals, situation.stops, market],
  );
  const selection = useSelection(day);
  const interval = selection.index === null ? null : (day.intervals[selection.index] ?? null);
  const total = day.intervals.reduce((sum, each) => sum + (each?.trades ?? 0), 0);
  const continuous = market.continuous != null;
  useTitle(`${market.name} · ${t("app.page")}`);
  return (
    <>
      <a className="skip" href="#charts" onClick={skip}>
        {t("app.skip")}
      </a>
      <Header theme={theme.theme} chooseTheme={theme.choose}>
        <MarketChoice market={market} markets={markets} choose={choose} />
        <MarketClock
          clock={situation.clock}
          holdMs={nextGate(situation)?.gateMs ?? null}
          live={live}
        />
        <ConnectionState connection={picture.connection} />
      </Header>
      <StaleBanner picture={picture} />
      <PhaseRail situation={situation} market={market} day={day} live={live} />
      <Announcer situation={situation} />
      <main id="charts" className={continuous ? "panels with-book" : "panels"} tabIndex={-1}>
        <PricePanel
          market={market}
          day={day}
          selection={selection}
          look={`${theme.shown} ${language}`}
        />
        <CurvesPanel feed={feed} market={market} day={day} selection={selection} />
        {continuous && <BookPanel market={market} situation={situation} />}
        <GridPanel market={market} interval={interval} />
        <TradesPanel market={market} trades={situation.trades} total={continuous ? null : total} />
        <HealthPanel picture={picture} day={day} />
      </main>
    </>
  );
}

/** Without a word to the address: its hash names the market. */
function skip(event: { preventDefault(): void }) {
  event.preventDefault();
  document.getElementById("charts")?.focus();
}

/** The interval on the screen: the latest cleared one, until somebody chooses another. */
function useSelection(day: ReturnType<typeof dayView>): Selection {
  const [chosen, choose] = useState<number | null>(null);
  useEffect(() => choose(null), [day.fromMs]);
  const latest = latestCleared(day.intervals);
  const latestIndex = latest === null ? null : day.intervals.indexOf(latest);
  const select = useCallback((index: number) => choose(index), []);
  const follow = useCallback(() => choose(null), []);
  const index = chosen ?? latestIndex;
  const following = chosen === null;
  return useMemo(() => ({ index, following, select, follow }), [index, following, select, follow]);
}

/** Two heartbeats missed: worth a word before the third one makes the connection anew. */
const LATE_MS = 10_000;

/** Old data must not look fresh: said over everything as soon as the stream is silent or cut. */
function StaleBanner({ picture }: { picture: Picture }) {
  const { t, format } = useTexts();
  const { connection, situation } = picture;
  const real = useRealTime(1_000);
  if (connection.heardMs === null) return null;
  const live = connection.status === "live";
  if (live && real - connection.heardMs < LATE_MS) return null;
  const time = situation.clock === null ? "–" : format.seconds(situation.clock.nowMs);
  return (
    <p className="banner" role="alert">
      <span aria-hidden="true">⚠ </span>
      {live
        ? t("connection.late_banner", { seconds: LATE_MS / 1000 })
        : t("connection.cut_banner", { time })}
    </p>
  );
}

function useTitle(title: string) {
  useEffect(() => {
    document.title = `${title} · wattmarket`;
  }, [title]);
}

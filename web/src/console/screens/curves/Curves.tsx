// The screen "Curves": supply and demand of an interval, where they cleared, and what blocks got.

import { useMemo } from "react";
import { useNews } from "../../../shell/live";
import { useMarket } from "../../../shell/markets";
import { useSession } from "../../../shell/session";
import { Button } from "../../../parts/Button";
import { DayPicker } from "../../../parts/filter/DayPicker";
import { Choose, Filters, IntervalPicker } from "../../../parts/filter/Filters";
import { Page } from "../../../parts/frame/Page";
import { Loading } from "../../../parts/state/states";
import { useList, useRead } from "../../../wire/queries";
import type { Market } from "../../../wire/types";
import { marketDate, spanOf, tradedDays, useMarketNow, usePlace, type Move } from "../../place";
import type { CallKind, Session } from "../../wire";
import { BlocksPanel } from "./BlocksPanel";
import { CurvesPanel } from "./CurvesPanel";
import { FactTiles } from "./FactTiles";
import { isClearedIn, shownArea, WHOLE } from "./facts";
import { WhatIfPanel } from "./WhatIfPanel";
import { useTexts } from "./texts";
import "./curves.css";

const SESSIONS = "/v1/markets/{market}/sessions";
type Name = "day" | "start" | "with" | "area" | "call";

export default function Curves() {
  const { t } = useTexts();
  const market = useMarket();
  const now = useMarketNow();
  const [place, move] = usePlace<Name>("day", "start", "with", "area", "call");
  const chosenMs = place.start === undefined ? null : Date.parse(place.start);
  const day =
    place.day ??
    (chosenMs !== null && !Number.isNaN(chosenMs)
      ? marketDate(chosenMs, market)
      : now === null
        ? null
        : marketDate(now, market));
  return (
    <Page title={t("nav.curves")} description={t("page.about")}>
      {day === null ? (
        <Loading shape="chart" />
      ) : (
        <OfDay market={market} day={day} place={place} move={move} />
      )}
    </Page>
  );
}

interface OfDayProps {
  market: Market;
  day: string;
  place: Partial<Record<Name, string>>;
  move: Move<Name>;
}

function OfDay({ market, day, place, move }: OfDayProps) {
  const { t, format } = useTexts();
  const { session } = useSession();
  const span = spanOf(day, market.time_zone);
  const sessions = useList(SESSIONS, { query: { day }, all: true, keep: true });
  useNews("market", market.market_id, SESSIONS);
  const call: CallKind =
    place.call === "day_ahead" && market.day_ahead != null ? "day_ahead" : "closing";
  const latest = latestCleared(sessions.items, call);
  const startMs = within(place.start, span) ?? latest;
  const chosen = sessions.items.find(({ start }) => Date.parse(start) === startMs) ?? null;
  const cleared = chosen !== null && isClearedIn(chosen, call);
  const asked = useAsked(startMs, market, call, cleared);
  const besideMs = place.with === undefined ? null : Date.parse(place.with);
  const beside = useAsked(besideMs, market, call);
  const areas = market.areas.map(({ area_id }) => area_id);
  const areaId = shownArea(place.area, areas, asked.curves.value?.areas ?? []);
  return (
    <>
      <Filters label={t("filter.label")}>
        <DayPicker
          label={t("filter.day")}
          value={day}
          {...tradedDays(market)}
          onChange={(next) => move({ day: next, start: null }, { keep: true })}
        />
        <IntervalPicker
          label={t("filter.interval")}
          day={day}
          minutes={market.interval_minutes}
          value={startMs}
          onChange={(ms) => move({ day, start: instant(ms) })}
        />
        {place.start !== undefined && (
          <Button kind="quiet" onPress={() => move({ day: null, start: null })}>
            {t("filter.latest")}
          </Button>
        )}
        <Choose
          label={t("filter.area")}
          value={areaId}
          options={[
            ...market.areas.map(({ area_id, name }) => ({ value: area_id, text: name })),
            { value: WHOLE, text: t("filter.whole") },
          ]}
          all={null}
          onChange={(area) => move({ area })}
        />
        {market.day_ahead != null && (
          <Choose
            label={t("filter.call")}
            value={call}
            options={[
              { value: "closing", text: t("call.closing") },
              { value: "day_ahead", text: t("call.day_ahead") },
            ]}
            all={null}
            onChange={(next) => move({ call: next })}
          />
        )}
        {besideMs === null ? (
          <Button
            icon="plus"
            isDisabled={startMs === null}
            onPress={() => startMs !== null && move({ with: instant(before(startMs, market)) })}
          >
            {t("filter.compare")}
          </Button>
        ) : (
          <Compared {...{ market, besideMs, move }} />
        )}
      </Filters>
      <FactTiles
        market={market}
        areaId={areaId}
        session={cleared ? chosen : null}
        prices={cleared ? asked.prices.items : []}
        beside={besideMs === null ? null : beside.prices.items}
      />
      <CurvesPanel
        market={market}
        areaId={areaId}
        startMs={startMs}
        session={chosen}
        cleared={sessions.state === "loading" ? null : cleared}
        asked={asked}
        beside={besideMs === null ? null : { startMs: besideMs, ...beside }}
        blocks={session?.role === "operator" && startMs !== null}
        call={call}
        day={day}
      />
      {session?.role === "operator" && cleared && startMs !== null && (
        <WhatIfPanel {...{ market, areaId, startMs, day, call }} />
      )}
      <BlocksPanel areaId={areaId} day={day} call={call} startMs={startMs} />
      <p className="cv-foot">{t("page.foot", { zone: format.zone })}</p>
    </>
  );
}

interface ComparedProps {
  market: Market;
  besideMs: number;
  move: Move<Name>;
}

/** Which interval is laid beside: of any day. */
function Compared({ market, besideMs, move }: ComparedProps) {
  const { t } = useTexts();
  const day = marketDate(besideMs, market);
  const ms = market.interval_minutes * 60_000;
  return (
    <span className="cv-compared">
      <DayPicker
        label={t("filter.compared_day")}
        value={day}
        {...tradedDays(market)}
        onChange={(next) => {
          const begins = Date.parse(spanOf(day, market.time_zone).from);
          const first = Date.parse(spanOf(next, market.time_zone).from);
          move({ with: instant(first + Math.floor((besideMs - begins) / ms) * ms) });
        }}
      />
      <IntervalPicker
        label={t("filter.compared")}
        day={day}
        minutes={market.interval_minutes}
        value={besideMs}
        onChange={(next) => move({ with: instant(next) })}
      />
      <Button kind="quiet" icon="close" onPress={() => move({ with: null })}>
        {t("filter.no_compare")}
      </Button>
    </span>
  );
}

/** Curves and prices of one interval, once it is known which. */
function useAsked(startMs: number | null, market: Market, call: CallKind, when = true) {
  const known = startMs !== null && !Number.isNaN(startMs);
  const start = known ? instant(startMs) : "";
  const to = known ? instant(startMs + market.interval_minutes * 60_000) : "";
  const asking = known && when;
  const curves = useRead("/v1/markets/{market}/curves", {
    query: { start, call },
    when: asking,
  });
  const prices = useList("/v1/markets/{market}/prices", {
    query: { from: start, to, call },
    when: asking,
    all: true,
  });
  return useMemo(() => ({ curves, prices }), [curves, prices]);
}

export type Asked = ReturnType<typeof useAsked>;

function within(start: string | undefined, span: { from: string; to: string }): number | null {
  if (start === undefined) return null;
  const ms = Date.parse(start);
  return ms >= Date.parse(span.from) && ms < Date.parse(span.to) ? ms : null;
}

const instant = (ms: number) => new Date(ms).toISOString();
const before = (startMs: number, market: Market) => startMs - market.interval_minutes * 60_000;

/** The latest interval of the day that such a call has cleared; else its first one. */
function latestCleared(sessions: readonly Session[], call: CallKind): number | null {
  const found = sessions.findLast((each) => isClearedIn(each, call)) ?? sessions[0];
  return found === undefined ? null : Date.parse(found.start);
}

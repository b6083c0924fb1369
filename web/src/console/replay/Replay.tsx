// A book of the past: which one, at which moment, and how it came to be so.

import { Suspense, useMemo } from "react";
import { MERGED } from "../../market/books";
import { bookKeys } from "../../market/feed";
import { DayPicker } from "../../parts/filter/DayPicker";
import { Choose, Filters, IntervalPicker } from "../../parts/filter/Filters";
import { Panel } from "../../parts/frame/Panel";
import { Empty, Failed, Loading } from "../../parts/state/states";
import { useMarket } from "../../shell/markets";
import { useRead } from "../../wire/queries";
import type { Market } from "../../wire/types";
import { marketDate, tradedDays, useMarketNow, usePlace } from "../place";
import { Moments } from "./Moments";
import { askedOf } from "./replay";
import { Shown } from "./Shown";
import { useTexts } from "./texts";
import "./replay.css";

const NOWHERE = { step: null, fact: null, when: null } as const;
/** Real ms between two requests while the journal is read on. */
const READING_MS = 300;

/** Its texts come when it is looked at, behind a boundary of its own: the tabs around it stay. */
export function Replay() {
  return (
    <Suspense fallback={<Loading shape="chart" />}>
      <OfPage />
    </Suspense>
  );
}

function OfPage() {
  const { t } = useTexts();
  const market = useMarket();
  const now = useMarketNow(null, 60_000);
  if (market.continuous == null) return <Empty title={t("none_title")}>{t("none")}</Empty>;
  return now === null ? <Loading shape="chart" /> : <OfMarket market={market} nowMs={now} />;
}

function OfMarket({ market, nowMs }: { market: Market; nowMs: number }) {
  const { t } = useTexts();
  const [place, move] = usePlace("area", "start", "step", "fact", "when");
  const keys = bookKeys(market);
  const key = keys.find((each) => each === place.area) ?? MERGED;
  const stepMs = market.interval_minutes * 60_000;
  const asked = place.start === undefined ? NaN : Date.parse(place.start);
  // Without a wish the next one whose closing call has not opened: its book stands now.
  const traded = Math.floor((nowMs + market.call_opens_minutes * 60_000) / stepMs) + 1;
  const startMs = Number.isNaN(asked) ? traded * stepMs : asked;
  const day = marketDate(startMs, market);
  const moment = useMemo(() => askedOf(place), [place]);
  const query = { area_id: key, start: new Date(startMs).toISOString(), ...moment };
  const found = useRead("/v1/markets/{market}/book:at", { query, keep: true });
  const told = found.value;
  useRead("/v1/markets/{market}/book:at", {
    query,
    when: told !== undefined && !told.complete,
    everyMs: READING_MS,
  });
  const { problem } = found;
  const goTo = (ms: number) => move({ ...NOWHERE, start: new Date(ms).toISOString() });
  return (
    <div className="rp-all">
      <Filters label={t("choose")}>
        <Choose
          label={t("area")}
          value={key}
          all={null}
          onChange={(area) => move({ ...NOWHERE, area })}
          options={keys.map((each) => ({
            value: each,
            text: each === MERGED ? t("merged") : each,
          }))}
        />
        <DayPicker
          label={t("day")}
          value={day}
          {...tradedDays(market)}
          onChange={(next) => goTo(startMs + Date.parse(next) - Date.parse(day))}
        />
        <IntervalPicker
          label={t("delivery")}
          day={day}
          minutes={market.interval_minutes}
          value={startMs}
          onChange={goTo}
        />
      </Filters>
      {problem?.code === "NOT_FOUND" ? (
        <Panel title={t("moment.title")}>
          <Empty title={t("not_opened")}>{t("not_opened_text")}</Empty>
        </Panel>
      ) : found.state === "failed" ? (
        <Failed
          code={problem?.code ?? "UNREACHABLE"}
          traceId={problem?.traceId}
          onAgain={problem?.code === "FIELD_RANGE" ? () => move(NOWHERE) : found.again}
        />
      ) : told === undefined ? (
        <Loading shape="chart" />
      ) : (
        <>
          <Moments
            told={told}
            when={place.when}
            wanted={place.step}
            onStep={(step) => move({ ...NOWHERE, step: String(step) })}
            onTime={(ms) => move({ ...NOWHERE, when: new Date(ms).toISOString() })}
            onLatest={() => move(NOWHERE)}
          />
          {told.reached ? (
            <Shown told={told} area={key === MERGED ? t("merged") : key} market={market} />
          ) : (
            <Loading shape="chart" />
          )}
        </>
      )}
    </div>
  );
}

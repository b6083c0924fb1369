// The screen "Sessions": what is due next, the day's calendar, and one session against its deadlines.

import { useNews } from "../../../shell/live";
import { useLive } from "../../../shell/live";
import { useMarket } from "../../../shell/markets";
import { Page, Split } from "../../../parts/frame/Page";
import { Failed, Loading, Stale } from "../../../parts/state/states";
import { useList } from "../../../wire/queries";
import type { Market } from "../../../wire/types";
import { marketDate, useMarketNow, usePlace, type Move, type Place } from "../../place";
import type { Session } from "../../wire";
import { Calendar } from "./Calendar";
import { deadlines, nextStep } from "./calendar";
import { Comparison } from "./Comparison";
import { NextDeadline } from "./NextDeadline";
import { OneSession } from "./OneSession";
import { useTexts } from "./texts";
import "./sessions.css";

const SESSIONS = "/v1/markets/{market}/sessions";
/** Sessions looked back on for what is not done yet; they are settled well within this. */
const BACK_MS = 6 * 3_600_000;
/** Enough for the next deadline of every step. */
const AHEAD = 60;

export default function Sessions() {
  const { t } = useTexts();
  const market = useMarket();
  const now = useMarketNow();
  const [place, move] = usePlace("day", "start", "call");
  return (
    <Page title={t("nav.sessions")} description={t("page.about")}>
      {now === null ? (
        <Loading shape="tiles" />
      ) : (
        <Known market={market} nowMs={now} place={place} move={move} />
      )}
    </Page>
  );
}

type Name = "day" | "start" | "call";
interface KnownProps {
  market: Market;
  nowMs: number;
  place: Place<Name>;
  move: Move<Name>;
}

function Known({ market, nowMs, place, move }: KnownProps) {
  const { live, sinceMs } = useLive();
  const day = place.day ?? marketDate(nowMs, market);
  const around = useList(SESSIONS, {
    query: { from: hourOf(nowMs - BACK_MS) },
    pageItems: AHEAD,
    keep: true,
  });
  const ofDay = useList(SESSIONS, { query: { day }, all: true, keep: true });
  useNews("market", market.market_id, SESSIONS);
  const due = deadlines(around.items);
  const selected = selection(ofDay.items, place.start, nowMs);
  const failed = around.problem ?? ofDay.problem;
  if (failed !== null && around.items.length === 0) {
    return (
      <Failed
        {...failed}
        onAgain={() => {
          around.again();
          ofDay.again();
        }}
      />
    );
  }
  return (
    <Stale stale={!live} since={sinceMs}>
      <div className="ss-all">
        <NextDeadline
          loading={around.state === "loading"}
          due={due}
          nowMs={nowMs}
          onOpen={({ start }) =>
            move({ day: marketDate(Date.parse(start), market), start, call: null })
          }
        />
        <Split
          percent={56}
          aside={
            selected !== null && (
              <div className="ss-aside">
                <OneSession
                  key={selected.start}
                  market={market}
                  session={selected}
                  call={place.call === "day_ahead" ? "day_ahead" : "closing"}
                  nowMs={nowMs}
                  onCall={(call) => move({ call })}
                />
              </div>
            )
          }
        >
          <Calendar
            market={market}
            day={day}
            sessions={ofDay.items}
            loading={ofDay.state === "loading"}
            selected={selected}
            nowMs={nowMs}
            onDay={(next) => move({ day: next, start: null, call: null }, { keep: true })}
            onSelect={(start) => move({ day, start })}
          />
        </Split>
        {selected !== null && <Comparison market={market} session={selected} />}
      </div>
    </Stale>
  );
}

/** Whole hours, so that the same is asked for as long as an hour lasts. */
const hourOf = (ms: number) => new Date(Math.floor(ms / 3_600_000) * 3_600_000).toISOString();

/** The wish; else the first of the day that is not delivered yet; else its last. */
function selection(
  sessions: readonly Session[],
  wish: string | undefined,
  nowMs: number,
): Session | null {
  const wanted = wish === undefined ? Number.NaN : Date.parse(wish);
  return (
    sessions.find(({ start }) => Date.parse(start) === wanted) ??
    sessions.find((each) => nextStep(each) === "close_gate" && Date.parse(each.end) > nowMs) ??
    sessions.at(-1) ??
    null
  );
}

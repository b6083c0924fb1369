// One session: how it stands, its road against the deadlines, and how it ended.

import { Link } from "react-router";
import { useNews } from "../../../shell/live";
import { useSession } from "../../../shell/session";
import { Choose } from "../../../parts/filter/Filters";
import { Facts } from "../../../parts/frame/Figures";
import { Panel } from "../../../parts/frame/Panel";
import { Timeline } from "../../../parts/frame/Timeline";
import { Failed, Forbidden, Loading } from "../../../parts/state/states";
import { Badge, State, type Tone } from "../../../parts/text/State";
import { Interval, Time } from "../../../parts/text/When";
import { useRead } from "../../../wire/queries";
import type { Market } from "../../../wire/types";
import type { CallKind, Session, SessionTimeline } from "../../wire";
import { markOf, MARK_TONES } from "./calendar";
import { BESIDE, isTrouble, roadEvents, type RoadEvent } from "./events";
import { useTexts, type Key, type Say } from "./texts";

const TIMELINE = "/v1/markets/{market}/sessions/timeline";

interface Props {
  market: Market;
  session: Session;
  call: CallKind;
  nowMs: number;
  onCall(call: CallKind): void;
}

export function OneSession({ market, session, call, nowMs, onCall }: Props) {
  const { t } = useTexts();
  const person = useSession().session;
  const mark = markOf(session, nowMs);
  return (
    <Panel
      title={t("one.title")}
      note={<Interval start={session.start} end={session.end} day />}
      {...(mark === null
        ? {}
        : { tone: MARK_TONES[mark] === "bad" ? ("bad" as const) : ("warning" as const) })}
      tools={
        market.day_ahead != null && (
          <Choose
            label={t("one.call")}
            value={call}
            options={[
              { value: "closing", text: t("call.closing") },
              { value: "day_ahead", text: t("call.day_ahead") },
            ]}
            all={null}
            onChange={(next) => onCall(next === "day_ahead" ? "day_ahead" : "closing")}
          />
        )
      }
    >
      <p className="ss-stand">
        <Badge tone={session.phase === "settled" ? "good" : "accent"}>
          {t(`phase.${session.phase}`)}
        </Badge>
        {session.rung !== null && <Rung rung={session.rung} />}
        {mark !== null && <Badge tone={MARK_TONES[mark]}>{t(`mark.${mark}`)}</Badge>}
      </p>
      {person?.role === "operator" ? (
        <Told market={market} session={session} call={call} nowMs={nowMs} />
      ) : (
        <Forbidden>{t("one.forbidden")}</Forbidden>
      )}
    </Panel>
  );
}

const RUNG_TONES: Record<string, Tone> = { optimal: "good", cancelled: "bad" };

/** The ladder an auction ends on by itself; a lesser rung is a fallback. */
function Rung({ rung }: { rung: string }) {
  const { t } = useTexts();
  return (
    <Badge tone={RUNG_TONES[rung] ?? "warning"}>
      {t(rung === "optimal" ? "one.rung" : "one.fallback", { rung: t(`rung.${rung}` as Key) })}
    </Badge>
  );
}

function Told({ market, session, call, nowMs }: Omit<Props, "onCall">) {
  const { t } = useTexts();
  const found = useRead(TIMELINE, { query: { start: session.start, call }, keep: true });
  useNews("market", market.market_id, TIMELINE);
  const told = found.value;
  if (told === undefined) {
    if (found.problem === null) return <Loading rows={6} />;
    return <Failed {...found.problem} onAgain={found.again} />;
  }
  return (
    <>
      <Timeline
        label={t("one.timeline")}
        now={nowMs}
        events={roadEvents(told).map((event) => ({
          ...{ key: event.key, title: titleOf(t, event), at: event.at },
          ...(event.deadline === null ? {} : { deadline: event.deadline }),
          note: <Note event={event} told={told} />,
        }))}
      />
      <Result told={told} session={session} call={call} />
    </>
  );
}

function titleOf(t: Say, event: RoadEvent) {
  const { what, step } = event;
  const title = t(`road.${what}` as Key);
  if (isTrouble(event)) return <State tone="warning">{title}</State>;
  // A stop's end is said by the phase the interval went back to.
  return step !== null && event.deadline === null && what !== "couple"
    ? t("one.back_to", { phase: title })
    : title;
}

/** Where, why and by whom; of the clearing how it ended. */
function Note({ event, told }: { event: RoadEvent; told: SessionTimeline }) {
  const { t, format } = useTexts();
  const { step, what } = event;
  const clears = what === (told.session === "closing" ? "clear" : "clear_day_ahead");
  const grid = told.deadlines.find((each) => each.what === BESIDE);
  return (
    <>
      {step?.area_id != null && <>{t("one.area", { area: step.area_id })} </>}
      {step?.reason != null && <>{t("one.reason", { reason: step.reason })} </>}
      {step !== null && step.by.length > 0 && <>{t("one.by", { who: step.by.join(", ") })} </>}
      {step?.until != null && (
        <>
          {t("one.until")} <Time at={step.until} seconds />{" "}
        </>
      )}
      {clears && told.clearing !== null && (
        <>{t("one.solved", { ms: format.whole(told.clearing.solve_ms) })} </>
      )}
      {what === "clear" && grid !== undefined && event.at === null && (
        <>
          {t("one.grid_check")} <Time at={grid.at} seconds />
        </>
      )}
    </>
  );
}

function Result({
  told,
  session,
  call,
}: {
  told: SessionTimeline;
  session: Session;
  call: CallKind;
}) {
  const { t, format } = useTexts();
  const run = told.clearing;
  const links = (
    <p className="ss-links">
      {run !== null && (
        <Link to={`/clearing?${new URLSearchParams({ run: run.run_id })}`}>{t("one.to_run")}</Link>
      )}
      <Link to={`/curves?${new URLSearchParams({ start: session.start, call })}`}>
        {t("one.to_curves")}
      </Link>
      <Link to="/control">{t("one.to_control")}</Link>
    </p>
  );
  if (run === null) return links;
  return (
    <>
      <Facts
        wide
        facts={[
          { label: t("fact.rung"), value: t(`rung.${run.rung}` as Key) },
          { label: t("fact.gap"), value: format.share(run.gap_ppm, 4) },
          {
            label: t("fact.solve"),
            value: `${format.whole(run.solve_ms)} ${t("unit.ms")}`,
          },
          ...(session.trades === null || call !== "closing"
            ? []
            : [{ label: t("fact.trades"), value: format.whole(session.trades) }]),
          {
            label: t("fact.audit"),
            value:
              run.audit_faults.length === 0 ? (
                <State tone="good">{t("fact.no_faults")}</State>
              ) : (
                <State tone="bad">{format.whole(run.audit_faults.length)}</State>
              ),
          },
          { label: t("fact.bound"), value: format.whole(run.binding.length) },
        ]}
      />
      {links}
    </>
  );
}

// Service: bring something to the market's desk, and see what becomes of it.

import { Link, Route, Routes, useParams } from "react-router";
import { CASE, CASES, KINDS, byUrgency, nextDue, type Case } from "../../../cases/cases";
import { Countdown } from "../../../cases/Countdown";
import { useMarketTime } from "../../../cases/useMarketTime";
import { word } from "../../../language/words";
import { Page } from "../../../parts/frame/Page";
import { Panel } from "../../../parts/frame/Panel";
import { Icon, type IconName } from "../../../parts/icons";
import { Empty, Failed, Loading, Stale } from "../../../parts/state/states";
import { State } from "../../../parts/text/State";
import { Time } from "../../../parts/text/When";
import { useLive, useNews } from "../../../shell/live";
import { useSession } from "../../../shell/session";
import { useList } from "../../../wire/queries";
import { NewCase } from "./NewCase";
import { OneCase } from "./OneCase";
import { STATE_TONES, subject } from "./subject";
import { useTexts } from "./texts";
import "./service.css";

export default function Service() {
  const { session } = useSession();
  useNews("account", session?.participant_id ?? null, CASES, CASE);
  return (
    <Routes>
      <Route index element={<Overview />} />
      <Route path="new/:kind" element={<Bring />} />
      <Route path=":id" element={<Chosen />} />
    </Routes>
  );
}

function Chosen() {
  const { id = "" } = useParams();
  return <OneCase key={id} caseId={id} />;
}

function Bring() {
  const { kind } = useParams();
  const known = KINDS.find((each) => each === kind) ?? "question";
  return <NewCase key={known} kind={known} />;
}

const ICONS: Record<(typeof KINDS)[number], IconName> = {
  fault_report: "warning",
  question: "unknown",
  complaint: "info",
  connection: "plus",
};

function Overview() {
  const { t } = useTexts();
  const { live, sinceMs } = useLive();
  const cases = useList(CASES, { all: true });
  const sorted = [...cases.items].sort(byUrgency);
  const standing = sorted.filter(({ state }) => state !== "closed");
  const closed = sorted.filter(({ state }) => state === "closed");
  return (
    <Page title={t("title")} description={t("about")}>
      <nav aria-label={t("bring")}>
        <ul className="service-kinds">
          {KINDS.map((kind) => (
            <li key={kind}>
              <Link to={`/service/new/${kind}`} className="service-kind">
                <Icon name={ICONS[kind]} size={20} />
                <span>
                  <b>{t(`bring_kind.${kind}`)}</b>
                  <small>{t(`bring_note.${kind}`)}</small>
                </span>
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <Stale stale={!live} since={sinceMs}>
        <div className="service-body">
          {" "}
          <Panel title={t("mine")}>
            {cases.state === "loading" ? (
              <Loading shape="table" rows={3} />
            ) : cases.problem ? (
              <Failed {...cases.problem} onAgain={cases.again} />
            ) : standing.length === 0 ? (
              <Empty title={t("none_open")}>{t("none_open_text")}</Empty>
            ) : (
              <CaseList cases={standing} />
            )}
          </Panel>
          {closed.length > 0 && (
            <Panel title={t("closed")}>
              <CaseList cases={closed} />
            </Panel>
          )}
        </div>{" "}
      </Stale>
    </Page>
  );
}

function CaseList({ cases }: { cases: readonly Case[] }) {
  const speech = useTexts();
  const { t } = speech;
  const now = useMarketTime();
  return (
    <ul className="service-list">
      {cases.map((item) => {
        const due = nextDue(item);
        const last = item.history.filter(({ kind }) => kind !== "missed").at(-1);
        return (
          <li key={item.case_id}>
            <Link to={`/service/${encodeURIComponent(item.case_id)}`} className="service-case">
              <span className="service-case-head">
                <b>{subject(item, speech)}</b>
                <State tone={STATE_TONES[item.state]}>
                  {item.outcome === null
                    ? word(t, "case_state", item.state)
                    : word(t, "case_outcome", item.outcome)}
                </State>
              </span>
              {last !== undefined && (
                <span className="service-last">
                  {t(last.from === "customer" ? "you" : "desk")}:{" "}
                  {last.text || word(t, "case_step", last.kind)}
                </span>
              )}
              <small>
                {word(t, "case_kind", item.kind)} · <Time at={last?.at ?? item.opened_at} day />
                {due !== null && (
                  <>
                    {" · "}
                    <Countdown due={due} nowMs={now} />
                  </>
                )}
                {item.closed_at !== null &&
                  item.rating === null &&
                  item.outcome !== "withdrawn" && <> · {t("rate.wanted")}</>}
              </small>
            </Link>
          </li>
        );
      })}
    </ul>
  );
}

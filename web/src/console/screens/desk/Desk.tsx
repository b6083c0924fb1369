// The service desk: what people have brought, and by when the market means to have dealt with it.

import { useMemo, useState } from "react";
import { Route, Routes, useNavigate, useParams } from "react-router";
import { CASES, byUrgency, nextDue, pressing, type Case } from "../../../cases/cases";
import { useMarketTime } from "../../../cases/useMarketTime";
import { word } from "../../../language/words";
import { Button } from "../../../parts/Button";
import { Figure, Tiles } from "../../../parts/frame/Figures";
import { Page } from "../../../parts/frame/Page";
import { Tabs } from "../../../parts/frame/Tabs";
import { remaining } from "../../../parts/frame/Timeline";
import { Stale } from "../../../parts/state/states";
import { useLive, useNews } from "../../../shell/live";
import { useMarket } from "../../../shell/markets";
import { useList } from "../../../wire/queries";
import { CaseTable } from "./CaseTable";
import { Indicators } from "./Indicators";
import { NewCase } from "./NewCase";
import { OneCase } from "./OneCase";
import { useTexts } from "./texts";

const INDICATORS = "/v1/markets/{market}/service-indicators";

export default function Desk() {
  const { market_id } = useMarket();
  useNews("alarms", market_id, CASES, "/v1/markets/{market}/cases/{case_id}", INDICATORS);
  return (
    <Routes>
      <Route index element={<Overview />} />
      <Route path="new" element={<NewCase />} />
      <Route path=":id" element={<Chosen />} />
    </Routes>
  );
}

function Chosen() {
  const { id = "" } = useParams();
  return <OneCase key={id} caseId={id} />;
}

type Shown = "now" | "closed" | "indicators";

function Overview() {
  const { t, format } = useTexts();
  const { live, sinceMs } = useLive();
  const now = useMarketTime();
  const navigate = useNavigate();
  // One reading for both states: between two, what is taken would for a moment be in neither.
  const cases = useList(CASES, { query: { state: "open,in_work" }, all: true });
  const [tab, show] = useState<Shown>("now");
  const standing = useMemo(() => [...cases.items].sort(byUrgency), [cases.items]);
  const untaken = standing.filter(({ state }) => state === "open").length;
  const unanswered = standing.filter(isUnanswered).length;
  const late = standing.filter(({ missed }) => missed.length > 0).length;

  const known = cases.state === "ready";
  return (
    <Page
      title={t("title")}
      description={t("about")}
      actions={
        <Button icon="plus" onPress={() => void navigate("/desk/new")}>
          {t("write_down")}
        </Button>
      }
    >
      <Stale stale={!live} since={sinceMs}>
        <Tiles label={t("tiles")} known={known}>
          <NextDue item={standing[0]} now={now} />
          <Figure
            label={t("not_taken")}
            note={t("taken_within")}
            {...(untaken > 0 ? { tone: "warning" as const } : {})}
          >
            {format.whole(untaken)}
          </Figure>
          <Figure label={t("not_answered")} note={t("answered_within")}>
            {format.whole(unanswered)}
          </Figure>
          <Figure
            label={t("not_met")}
            note={t("of_open", { count: format.whole(standing.length) })}
            {...(late > 0 ? { tone: "bad" as const } : {})}
          >
            {format.whole(late)}
          </Figure>
        </Tiles>
      </Stale>
      <Tabs
        label={t("title")}
        shown={tab}
        onShow={(key) => show(key as Shown)}
        tabs={[
          {
            key: "now",
            title: t("tab.now"),
            ...(known ? { count: format.whole(standing.length) } : {}),
            content: () => (
              <CaseTable
                name="cases"
                cases={standing}
                state={cases.state}
                problem={cases.problem}
                again={cases.again}
                now={now}
                empty={t("empty_now")}
                acting
              />
            ),
          },
          { key: "closed", title: t("tab.closed"), content: () => <Closed now={now} /> },
          { key: "indicators", title: t("tab.indicators"), content: () => <Indicators /> },
        ]}
      />
    </Page>
  );
}

/** How long until the first target of all, or for how long it has been missed. */
function NextDue({ item, now }: { item: Case | undefined; now: number | null }) {
  const { t } = useTexts();
  const due = item === undefined ? null : nextDue(item);
  if (item === undefined || due === null) {
    return (
      <Figure label={t("next_target")} note={t("none_due")}>
        –
      </Figure>
    );
  }
  const tone = now === null ? undefined : pressing(item, now);
  const kind = word(t, "case_kind", item.kind);
  return (
    <Figure
      label={t("next_target")}
      note={`${word(t, "case_target", due.target)} · ${item.subject ?? kind}`}
      {...(tone === undefined ? {} : { tone })}
    >
      {now === null ? "–" : <span role="timer">{remaining(due.dueMs - now)}</span>}
    </Figure>
  );
}

const isUnanswered = ({ answer_by, answered_at }: Case) =>
  answer_by !== null && answered_at === null;

function Closed({ now }: { now: number | null }) {
  const { t } = useTexts();
  const closed = useList(CASES, { query: { state: "closed" }, all: true });
  const cases = useMemo(() => [...closed.items].sort(byUrgency), [closed.items]);
  return (
    <CaseTable
      name="cases-closed"
      cases={cases}
      state={closed.state}
      problem={closed.problem}
      again={closed.again}
      now={now}
      empty={t("empty_closed")}
    />
  );
}

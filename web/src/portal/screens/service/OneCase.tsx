// One's case: what was said, how soon the desk has to do what, and what one may do about it.

import { useState } from "react";
import { Link } from "react-router";
import {
  CASE,
  RENEWS,
  WORDS_MOST,
  mayRate,
  mayReopen,
  nextDue,
  type Case,
} from "../../../cases/cases";
import { Countdown } from "../../../cases/Countdown";
import { Talk } from "../../../cases/Talk";
import { Targets } from "../../../cases/Targets";
import { useMarketTime } from "../../../cases/useMarketTime";
import { word } from "../../../language/words";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { Button } from "../../../parts/Button";
import { useDraft } from "../../../parts/form/draft";
import { ReasonField } from "../../../parts/form/fields";
import { Form } from "../../../parts/form/Form";
import { Facts, type Fact } from "../../../parts/frame/Figures";
import { Page, Split } from "../../../parts/frame/Page";
import { Panel } from "../../../parts/frame/Panel";
import { Failed, Loading, Stale } from "../../../parts/state/states";
import { State } from "../../../parts/text/State";
import { Time } from "../../../parts/text/When";
import { useLive } from "../../../shell/live";
import { useAct, useRead } from "../../../wire/queries";
import { Rate } from "./Rate";
import { STATE_TONES, subject } from "./subject";
import { useTexts } from "./texts";
import "./service.css";

export function OneCase({ caseId }: { caseId: string }) {
  const speech = useTexts();
  const { t } = speech;
  const { live, sinceMs } = useLive();
  const found = useRead(CASE, { params: { case_id: caseId } });
  const now = useMarketTime();
  const back = <Link to="/service">{t("back")}</Link>;
  const item = found.value;
  if (item === undefined) {
    return (
      <Page title={t("case")} before={back}>
        {found.problem ? (
          <Failed {...found.problem} onAgain={found.again} />
        ) : (
          <Loading shape="table" />
        )}
      </Page>
    );
  }
  const due = nextDue(item);
  const closed = item.state === "closed";
  return (
    <Page
      title={subject(item, speech)}
      before={back}
      description={
        <span className="service-head">
          <State tone={STATE_TONES[item.state]}>
            {item.outcome === null
              ? word(t, "case_state", item.state)
              : word(t, "case_outcome", item.outcome)}
          </State>
          <span>{word(t, "case_kind", item.kind)}</span>
          {due !== null && <Countdown due={due} nowMs={now} />}
        </span>
      }
      {...(closed ? {} : { actions: <Withdraw item={item} name={subject(item, speech)} /> })}
    >
      <Stale stale={!live} since={sinceMs}>
        <Split aside={<Aside item={item} now={now} />}>
          {closed && now !== null && item.outcome !== "withdrawn" && mayRate(item, now) && (
            <Rate item={item} />
          )}
          <Panel title={t("talk")}>
            <Talk
              item={item}
              label={t("talk")}
              own="customer"
              who={({ from }) => t(from === "customer" ? "you" : "desk")}
            />
          </Panel>
          {closed ? (
            <Reopen item={item} now={now} />
          ) : (
            <Panel title={t("say")}>
              <Say item={item} />
            </Panel>
          )}
        </Split>
      </Stale>
    </Page>
  );
}

function Say({ item }: { item: Case }) {
  const { t } = useTexts();
  const { text, write, sent, arrived } = useDraft();
  const { act, busy, problem } = useAct(
    "post",
    "/v1/markets/{market}/cases/{case_id}:comment",
    RENEWS,
  );
  const send = async () => {
    const answer = await act({ params: { case_id: item.case_id }, body: { text: text.trim() } });
    if (answer.ok) arrived(text);
  };
  return (
    <Form
      label={t("say")}
      problem={problem}
      busy={busy}
      submit={t("send")}
      onSubmit={() => void send()}
    >
      <ReasonField
        key={sent}
        pointer="/text"
        label={t("message")}
        least={1}
        most={WORDS_MOST}
        value={text}
        onChange={write}
      />
    </Form>
  );
}

function Reopen({ item, now }: { item: Case; now: number | null }) {
  const { t } = useTexts();
  const [text, setText] = useState("");
  const { act, busy, problem } = useAct(
    "post",
    "/v1/markets/{market}/cases/{case_id}:reopen",
    RENEWS,
  );
  if (now === null || !mayReopen(item, now)) return null;
  const send = async () => {
    await act({ params: { case_id: item.case_id }, body: { text: text.trim() } });
  };
  return (
    <Panel
      title={t("reopen.title")}
      note={
        <>
          {t("reopen.until")} <Time at={item.reopen_until} day />
        </>
      }
    >
      <Form
        label={t("reopen.title")}
        problem={problem}
        busy={busy}
        submit={t("reopen.act")}
        onSubmit={() => void send()}
      >
        <ReasonField
          pointer="/text"
          label={t("reopen.why")}
          least={1}
          most={WORDS_MOST}
          value={text}
          onChange={setText}
        />
      </Form>
    </Panel>
  );
}

function Withdraw({ item, name }: { item: Case; name: string }) {
  const { t } = useTexts();
  const [asking, ask] = useState(false);
  const { act, busy, problem } = useAct(
    "post",
    "/v1/markets/{market}/cases/{case_id}:withdraw",
    RENEWS,
  );
  const end = async () => {
    const answer = await act({ params: { case_id: item.case_id } });
    if (answer.ok) ask(false);
  };
  return (
    <>
      <Button onPress={() => ask(true)}>{t("withdraw.act")}</Button>
      <ConfirmAct
        open={asking}
        title={t("withdraw.title", { name })}
        consequence={t(
          item.kind === "bill_dispute" ? "withdraw.consequence_bill" : "withdraw.consequence",
        )}
        act={t("withdraw.act")}
        reason="none"
        danger={item.kind === "bill_dispute"}
        busy={busy}
        problem={problem}
        onConfirm={() => void end()}
        onClose={() => ask(false)}
      />
    </>
  );
}

function Aside({ item, now }: { item: Case; now: number | null }) {
  const { t } = useTexts();
  const facts: Fact[] = [
    { label: t("number"), value: item.case_id },
    { label: t("opened"), value: <Time at={item.opened_at} day seconds /> },
  ];
  if (item.unit_id !== null) facts.push({ label: t("device"), value: item.unit_id });
  const { power_kw, place } = item.details;
  if (power_kw !== undefined)
    facts.push({ label: t("power"), value: `${power_kw} ${t("unit.kw")}` });
  if (place !== undefined) facts.push({ label: t("place"), value: place });
  return (
    <>
      <Panel title={t("targets")}>
        {now === null ? (
          <Loading rows={3} />
        ) : (
          <Targets item={item} label={t("targets")} nowMs={now} />
        )}
      </Panel>
      <Panel title={t("facts")}>
        <Facts facts={facts} />
        {item.bill_id !== null && (
          <p>
            <Link to="/bills">{t("to_bill")}</Link>
          </p>
        )}
      </Panel>
    </>
  );
}

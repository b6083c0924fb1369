// One case: what was said, who looks after it, by when what is to be done, and doing it.

import { useState, type ReactNode } from "react";
import { Link } from "react-router";
import {
  CASE,
  RENEWS,
  WORDS_MOST,
  mayReopen,
  nextDue,
  type Case,
  type Step,
} from "../../../cases/cases";
import { Countdown } from "../../../cases/Countdown";
import { Talk } from "../../../cases/Talk";
import { Targets } from "../../../cases/Targets";
import { useMarketTime } from "../../../cases/useMarketTime";
import { word } from "../../../language/words";
import { useToast } from "../../../parts/act/toasts";
import { Button } from "../../../parts/Button";
import { useDraft } from "../../../parts/form/draft";
import { ReasonField, RadioCards } from "../../../parts/form/fields";
import { Form } from "../../../parts/form/Form";
import { Facts, type Fact } from "../../../parts/frame/Figures";
import { Page, Split } from "../../../parts/frame/Page";
import { Panel } from "../../../parts/frame/Panel";
import { Failed, Loading, Stale } from "../../../parts/state/states";
import { Money } from "../../../parts/text/Quantity";
import { State } from "../../../parts/text/State";
import { Time } from "../../../parts/text/When";
import { useLive } from "../../../shell/live";
import { useMarket } from "../../../shell/markets";
import { useSession } from "../../../shell/session";
import { useAct, useRead } from "../../../wire/queries";
import { STATE_TONES } from "./CaseTable";
import { Close } from "./Close";
import { useTexts } from "./texts";
import "./desk.css";

export function OneCase({ caseId }: { caseId: string }) {
  const { t } = useTexts();
  const found = useRead(CASE, { params: { case_id: caseId } });
  const back = <Link to="/desk">{t("to_list")}</Link>;
  if (found.value === undefined) {
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
  return <Shown item={found.value} back={back} />;
}

function Shown({ item, back }: { item: Case; back: ReactNode }) {
  const { t } = useTexts();
  const { live, sinceMs } = useLive();
  const now = useMarketTime();
  const who = useWho(item);
  const kind = word(t, "case_kind", item.kind);
  const due = nextDue(item);
  return (
    <Page
      title={item.subject ?? kind}
      before={back}
      description={
        <span className="desk-head">
          <State tone={STATE_TONES[item.state]}>
            {item.outcome === null
              ? word(t, "case_state", item.state)
              : word(t, "case_outcome", item.outcome)}
          </State>
          <span>{kind}</span>
          <span>{item.participant_id}</span>
          {due !== null && <Countdown due={due} nowMs={now} />}
        </span>
      }
      actions={<Acts item={item} now={now} />}
    >
      <Stale stale={!live} since={sinceMs}>
        <Split aside={<Aside item={item} now={now} />}>
          <Panel title={t("talk")}>
            <Talk item={item} label={t("talk")} own="desk" who={who} />
          </Panel>
          {item.state === "closed" ? (
            <Reopen item={item} now={now} />
          ) : (
            <Panel title={t("say.title")}>
              <Say item={item} />
            </Panel>
          )}
        </Split>
      </Stale>
    </Page>
  );
}

function useWho({ participant_id }: Case): (step: Step) => string {
  const { t } = useTexts();
  const { session } = useSession();
  return ({ from, by }) =>
    from === "customer" ? participant_id : by === session?.person_id ? t("owner.me") : by;
}

function Acts({ item, now }: { item: Case; now: number | null }) {
  const { t } = useTexts();
  const toast = useToast();
  const { session } = useSession();
  const [closing, setClosing] = useState(false);
  const take = useAct("post", "/v1/markets/{market}/cases/{case_id}:take", RENEWS);
  if (item.state === "closed") return null;
  const mine = item.owner !== null && item.owner === session?.person_id;
  const press = async () => {
    const answer = await take.act({ params: { case_id: item.case_id } });
    if (!answer.ok) toast(word(t, "refusal", answer.problem.code), "bad");
  };
  return (
    <>
      {!mine && (
        <Button
          kind={item.owner === null ? "main" : "plain"}
          isDisabled={take.busy}
          onPress={() => void press()}
        >
          {t(item.owner === null ? "take" : "take_over")}
        </Button>
      )}
      <Button onPress={() => setClosing(true)}>{t("close")}</Button>
      <Close item={item} now={now} open={closing} onClose={() => setClosing(false)} />
    </>
  );
}

/** An answer that the participant reads, or a note for operators; never one for the other by mistake. */
function Say({ item }: { item: Case }) {
  const { t } = useTexts();
  const [to, choose] = useState("customer");
  const { text, write, sent, arrived } = useDraft();
  const comment = useAct("post", "/v1/markets/{market}/cases/{case_id}:comment", RENEWS);
  const note = useAct("post", "/v1/markets/{market}/cases/{case_id}:note", RENEWS);
  const act = to === "customer" ? comment : note;
  const send = async () => {
    const answer = await act.act({
      params: { case_id: item.case_id },
      body: { text: text.trim() },
    });
    if (answer.ok) arrived(text);
  };
  return (
    <Form
      label={t("say.title")}
      problem={act.problem}
      busy={act.busy}
      submit={t(to === "customer" ? "say.answer" : "say.note")}
      onSubmit={() => void send()}
    >
      <RadioCards
        pointer="#to"
        label={t("say.to")}
        value={to}
        onChange={choose}
        cards={[
          {
            value: "customer",
            text: t("say.customer"),
            note: t("say.customer_note", { participant: item.participant_id }),
          },
          { value: "desk", text: t("say.desk"), note: t("say.desk_note") },
        ]}
      />
      <ReasonField
        key={sent}
        pointer="/text"
        label={t("say.text")}
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
  const reopen = useAct("post", "/v1/markets/{market}/cases/{case_id}:reopen", RENEWS);
  if (now === null || !mayReopen(item, now)) return null;
  const send = async () => {
    await reopen.act({ params: { case_id: item.case_id }, body: { text: text.trim() } });
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
        problem={reopen.problem}
        busy={reopen.busy}
        submit={t("reopen.act")}
        onSubmit={() => void send()}
      >
        <ReasonField
          pointer="/text"
          label={t("reopen.why")}
          note={t("reopen.note")}
          least={1}
          most={WORDS_MOST}
          value={text}
          onChange={setText}
        />
      </Form>
    </Panel>
  );
}

function Aside({ item, now }: { item: Case; now: number | null }) {
  const { t } = useTexts();
  const { session } = useSession();
  const { owner } = item;
  const facts: Fact[] = [
    { label: t("column.participant"), value: item.participant_id },
    {
      label: t("column.owner"),
      value: owner === null ? "–" : owner === session?.person_id ? t("owner.me") : owner,
    },
    { label: t("column.opened"), value: <Time at={item.opened_at} day seconds /> },
  ];
  if (item.unit_id !== null) facts.push({ label: t("unit_of"), value: item.unit_id });
  for (const [name, value] of Object.entries(item.details)) {
    // What the portal's form asks has words; another sender may ask something of its own.
    const known = name === "power_kw" || name === "place" || name === "purpose";
    facts.push({ label: known ? t(`detail.${name}`) : name, value });
  }
  if (item.reopened > 0) facts.push({ label: t("reopened"), value: String(item.reopened) });
  if (item.rating !== null) {
    facts.push({
      label: t("column.rating"),
      value: t("of_five", { rating: item.rating }),
      note: item.rating_text,
    });
  }
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
      </Panel>
      {item.dispute !== null && <DisputePanel item={item} />}
    </>
  );
}

function DisputePanel({ item }: { item: Case }) {
  const { t, format } = useTexts();
  const { currency } = useMarket();
  const { dispute, month, bill_id, proposal } = item;
  if (dispute === null) return null;
  return (
    <Panel
      title={t("dispute.title")}
      {...(month === null ? {} : { note: format.month(`${month}-15T12:00:00Z`) })}
    >
      <Facts
        facts={[
          {
            label: t("dispute.bill"),
            value: bill_id,
            note: t("dispute.version", { version: dispute.version }),
          },
          {
            label: t("dispute.held"),
            value: <Money amount={item.held_amount} currency={currency} />,
            note: t("dispute.held_note"),
          },
          ...dispute.lines.map(({ line, amount }) => ({
            label: line === null ? t("dispute.whole") : t("dispute.line", { line: line + 1 }),
            value: <Money amount={amount} currency={currency} />,
          })),
        ]}
      />
      {proposal != null && (
        <p className="desk-proposal">
          {t("dispute.proposed", { by: proposal.by, at: format.stamp(proposal.until) })}{" "}
          <Link to="/approvals">{t("dispute.to_approvals")}</Link>
        </p>
      )}
    </Panel>
  );
}

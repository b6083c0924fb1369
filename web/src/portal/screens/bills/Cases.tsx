// What became of disputes: how much is set aside, who said what, what was decided.

import { useState } from "react";
import { Button } from "../../../parts/Button";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { useDraft } from "../../../parts/form/draft";
import { ReasonField } from "../../../parts/form/fields";
import { Form } from "../../../parts/form/Form";
import { Facts } from "../../../parts/frame/Figures";
import { Timeline } from "../../../parts/frame/Timeline";
import { Money } from "../../../parts/text/Quantity";
import { Badge } from "../../../parts/text/State";
import { Time } from "../../../parts/text/When";
import { useClock } from "../../../shell/live";
import { useMarket } from "../../../shell/markets";
import { useAct } from "../../../wire/queries";
import type { Dispute } from "../../../wire/bills";
import { useTexts } from "./texts";

const BILL = "/v1/markets/{market}/bills/{bill_id}";
const BILLS = "/v1/markets/{market}/bills";
const CASE = "/v1/markets/{market}/cases/{case_id}";

export function Cases({ disputes }: { disputes: readonly Dispute[] }) {
  return disputes.map((each) => <Case key={each.case_id} dispute={each} />);
}

const STEPS = [
  "opened",
  "taken",
  "noted",
  "upheld",
  "rejected",
  "resolved",
  "withdrawn",
  "reopened",
  "rated",
  "missed",
] as const;

function Case({ dispute }: { dispute: Dispute }) {
  const { t } = useTexts();
  const { currency } = useMarket();
  const toast = useToast();
  const now = useClock()?.nowMs ?? 0;
  const [withdrawing, withdraw] = useState(false);
  const { text, write, arrived } = useDraft();
  const comment = useAct("post", `${CASE}:comment`, { renews: [BILL, BILLS] });
  const back = useAct("post", `${CASE}:withdraw`, { renews: [BILL, BILLS] });
  const params = { case_id: dispute.case_id };
  const open = dispute.state !== "closed";
  const money = (amount: string | null) => <Money amount={amount} currency={currency} places={4} />;
  const said = async () => {
    const answer = await comment.act({ params, body: { text: text.trim() } });
    if (!answer.ok) return;
    arrived(text);
    toast(t("dispute.noted"));
  };
  return (
    <article className="bill-case">
      <header>
        <b>{t("dispute.case", { id: dispute.case_id })}</b>
        <Badge tone={open ? "warning" : dispute.outcome === "upheld" ? "good" : "unknown"}>
          {dispute.outcome === null
            ? t(`dispute.state_${dispute.state}`)
            : t(`dispute.outcome_${dispute.outcome}`)}
        </Badge>
      </header>
      <Facts
        wide
        facts={[
          { label: t("dispute.held"), value: money(dispute.held_amount) },
          {
            label: t("dispute.unpayable"),
            value: money(dispute.dispute?.unpayable_amount ?? null),
          },
          ...(dispute.close_by !== null && open
            ? [{ label: t("dispute.close_by"), value: <Time at={dispute.close_by} day /> }]
            : []),
          ...(dispute.dispute?.remedy
            ? [{ label: t("dispute.remedy"), value: t(`dispute.remedy_${dispute.dispute.remedy}`) }]
            : []),
        ]}
      />
      <Timeline
        label={t("dispute.history")}
        now={now}
        events={dispute.history.map(({ kind, from, at, text: note }, index) => ({
          key: String(index),
          title: t("dispute.step", {
            step: STEPS.some((each) => each === kind)
              ? t(`dispute.step_${kind as (typeof STEPS)[number]}`)
              : kind,
            who: t(`dispute.from_${from}`),
          }),
          at,
          note,
        }))}
      />
      {open && (
        <>
          <Form
            label={t("dispute.comment")}
            problem={comment.problem}
            busy={comment.busy}
            submit={t("dispute.comment_send")}
            onSubmit={() => void said()}
          >
            <ReasonField
              pointer="/text"
              label={t("dispute.comment")}
              value={text}
              onChange={write}
            />
          </Form>
          <Button kind="danger" onPress={() => withdraw(true)}>
            {t("dispute.withdraw")}
          </Button>
        </>
      )}
      <ConfirmAct
        open={withdrawing}
        title={t("dispute.withdraw")}
        consequence={
          <p>
            {t("dispute.withdraw_text")} {money(dispute.dispute?.unpayable_amount ?? null)}
          </p>
        }
        act={t("dispute.withdraw")}
        reason="none"
        busy={back.busy}
        problem={back.problem}
        onClose={() => withdraw(false)}
        onConfirm={() =>
          void back.act({ params }).then(({ ok }) => {
            if (!ok) return;
            withdraw(false);
            toast(t("dispute.withdrawn"));
          })
        }
      />
    </article>
  );
}

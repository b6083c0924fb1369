// How a case ends: with an answer, and of a disputed bill with what is put right.

import { useState } from "react";
import { RENEWS, WORDS_MOST, SUBJECT_MOST, type Case } from "../../../cases/cases";
import { compareTexts } from "../../../language/decimal";
import { word } from "../../../language/words";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { ChoiceField, DecimalField, RadioCards, ReasonField } from "../../../parts/form/fields";
import { useMarket } from "../../../shell/markets";
import { useAct } from "../../../wire/queries";
import { useTexts } from "./texts";

interface Props {
  item: Case;
  now: number | null;
  open: boolean;
  onClose(): void;
}

export function Close(props: Props) {
  return props.item.kind === "bill_dispute" ? <Decide {...props} /> : <Resolve {...props} />;
}

/** Sentences of what will be: told to the participant, opened again for two weeks, late or not. */
function Consequence({ item, now }: Pick<Props, "item" | "now">) {
  const { t } = useTexts();
  const late = now !== null && Date.parse(item.close_by) < now;
  return (
    <p>
      {t("closing.consequence", { participant: item.participant_id })}
      {item.answered_at === null && item.answer_by !== null && ` ${t("closing.is_answer")}`}
      {late && ` ${t("closing.late")}`}
    </p>
  );
}

function Resolve({ item, now, open, onClose }: Props) {
  const { t } = useTexts();
  const [outcome, choose] = useState<"resolved" | "upheld" | "rejected">("resolved");
  const [answer, setAnswer] = useState("");
  const { act, busy, problem } = useAct(
    "post",
    "/v1/markets/{market}/cases/{case_id}:resolve",
    RENEWS,
  );
  const end = async () => {
    const params = { case_id: item.case_id };
    const done = await act({ params, body: { outcome, answer: answer.trim() } });
    if (done.ok) onClose();
  };
  return (
    <ConfirmAct
      open={open}
      title={t("closing.title", { subject: item.subject ?? word(t, "case_kind", item.kind) })}
      consequence={<Consequence item={item} now={now} />}
      act={t("closing.act")}
      reason="none"
      danger={false}
      busy={busy}
      problem={problem}
      onConfirm={() => void end()}
      onClose={onClose}
    >
      <ChoiceField
        pointer="/outcome"
        label={t("closing.outcome")}
        value={outcome}
        onChange={(value) => choose(value as typeof outcome)}
        options={(["resolved", "upheld", "rejected"] as const).map((value) => ({
          value,
          text: word(t, "case_outcome", value),
        }))}
      />
      <ReasonField
        pointer="/answer"
        label={t("closing.answer")}
        note={t("closing.answer_note")}
        least={1}
        most={WORDS_MOST}
        value={answer}
        onChange={setAnswer}
      />
    </ConfirmAct>
  );
}

type Decision = "credit" | "corrected" | "rejected";

function Decide({ item, now, open, onClose }: Props) {
  const { t } = useTexts();
  const { currency } = useMarket();
  const [decision, choose] = useState<Decision>("credit");
  const [answer, setAnswer] = useState("");
  const lines = item.dispute?.lines ?? [];
  const [amounts, setAmounts] = useState(() => lines.map(({ amount }) => amount));
  const { act, busy, problem } = useAct(
    "post",
    "/v1/markets/{market}/cases/{case_id}:decide",
    RENEWS,
  );
  const end = async () => {
    const words = { answer: answer.trim() };
    const done = await act({
      params: { case_id: item.case_id },
      body:
        decision === "rejected"
          ? { outcome: "rejected", ...words }
          : {
              outcome: "upheld",
              remedy: decision,
              ...words,
              ...(decision === "credit" ? credited(item, amounts) : {}),
            },
    });
    if (done.ok) onClose();
  };
  return (
    <ConfirmAct
      open={open}
      title={t("closing.title", { subject: word(t, "case_kind", item.kind) })}
      consequence={
        decision === "credit" ? (
          <p>{t("closing.credit_consequence")}</p>
        ) : (
          <Consequence item={item} now={now} />
        )
      }
      act={t(decision === "credit" ? "closing.propose" : "closing.act")}
      reason="none"
      danger={decision === "credit"}
      busy={busy}
      problem={problem}
      onConfirm={() => void end()}
      onClose={onClose}
    >
      <RadioCards
        pointer="/outcome"
        label={t("closing.outcome")}
        value={decision}
        onChange={(value) => choose(value as Decision)}
        cards={(["credit", "corrected", "rejected"] as const).map((value) => ({
          value,
          text: t(`decision.${value}`),
          note: t(`decision_note.${value}`),
        }))}
      />
      {decision === "credit" &&
        lines.map(({ line, amount }, place) => (
          <DecimalField
            key={line ?? "whole"}
            pointer={line === null ? "/amount" : `/lines/${place}`}
            label={line === null ? t("dispute.whole") : t("dispute.line", { line: line + 1 })}
            note={t("closing.at_most_disputed")}
            unit={currency}
            min="0"
            max={amount}
            value={amounts[place] ?? ""}
            onChange={(value) =>
              setAmounts(amounts.map((each, other) => (other === place ? value : each)))
            }
          />
        ))}
      <ReasonField
        pointer="/answer"
        label={t("closing.answer")}
        note={t("closing.answer_note")}
        least={1}
        most={SUBJECT_MOST}
        value={answer}
        onChange={setAnswer}
      />
    </ConfirmAct>
  );
}

/** What is credited, where it is less than all that is in dispute. */
function credited(item: Case, amounts: readonly string[]) {
  const lines = item.dispute?.lines ?? [];
  const all = lines.every(
    ({ amount }, place) => compareTexts(amount, amounts[place] ?? null) === 0,
  );
  if (all) return {};
  const [first] = lines;
  if (first?.line === null) return { amount: amounts[0] ?? "" };
  return {
    lines: lines.flatMap(({ line }, place) => {
      const amount = amounts[place] ?? "0";
      return line === null || compareTexts(amount, "0") === 0 ? [] : [{ line, amount }];
    }),
  };
}

// What a movement was for that names nobody: whose it is, which payout, the bank's fee, or back with it.

import { useState } from "react";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { RadioCards, TextField } from "../../../parts/form/fields";
import { useAct } from "../../../wire/queries";
import { APPROVALS } from "../../approvals";
import { MONEY, type Payment } from "./money";
import { useTexts } from "./texts";

const RENEWS = { renews: [...MONEY, APPROVALS] } as const;
const BOTH = ["participant", "bank_fee"] as const;
/** What came in may go back; what went out may have carried a payout. */
const choicesOf = ({ amount }: Payment) =>
  amount.startsWith("-") ? ([...BOTH, "withdrawal"] as const) : ([...BOTH, "return"] as const);

interface Props {
  payment: Payment;
  currency: string;
  onClose(): void;
}

export function DecidePayment({ payment, currency, onClose }: Props) {
  const { t, format } = useTexts();
  const toast = useToast();
  const [was, choose] = useState("participant");
  const [participant, setParticipant] = useState("");
  const [bill, setBill] = useState("");
  const [withdrawal, setWithdrawal] = useState("");
  const [account, setAccount] = useState("");
  const assign = useAct("post", "/v1/markets/{market}/payments/{bank_id}:assign", RENEWS);
  const back = useAct("post", "/v1/markets/{market}/payments/{bank_id}:return", RENEWS);
  const params = { bank_id: payment.bank_id };
  const go = async (reason: string) => {
    const answer =
      was === "return"
        ? await back.act({ params, body: { reason, payee_account: account.trim() } })
        : await assign.act({
            params,
            body: {
              reason,
              ...(was === "participant" && { participant_id: participant.trim() }),
              ...(was === "participant" && bill.trim() !== "" && { bill_id: bill.trim() }),
              ...(was === "withdrawal" && { withdrawal_id: withdrawal.trim() }),
              bank_fee: was === "bank_fee",
            },
          });
    if (!answer.ok) return;
    const until = answer.value.second_person_until;
    if (until === null) toast(t("decide.done"));
    else toast(t("two.wanted", { until: format.timeOfDay(until) }), "warning");
    onClose();
  };
  return (
    <ConfirmAct
      open
      title={t("decide.title", { amount: format.money(payment.amount, currency) })}
      consequence={
        <p>
          {t("decide.consequence", {
            reference: payment.reference || "–",
            from: payment.counterparty || "–",
          })}
        </p>
      }
      act={t("two.propose")}
      danger={false}
      busy={assign.busy || back.busy}
      problem={assign.problem ?? back.problem}
      onConfirm={(reason) => void go(reason)}
      onClose={onClose}
    >
      <RadioCards
        pointer="/decision"
        label={t("decide.was")}
        value={was}
        onChange={choose}
        cards={choicesOf(payment).map((value) => ({
          value,
          text: t(`decide.${value}`),
          note: t(`decide_note.${value}`),
        }))}
      />
      {was === "participant" && (
        <>
          <TextField
            pointer="/participant_id"
            label={t("column.participant")}
            value={participant}
            onChange={setParticipant}
          />
          <TextField
            pointer="/bill_id"
            label={t("column.bill")}
            note={t("decide.bill_note")}
            value={bill}
            onChange={setBill}
            optional
          />
        </>
      )}
      {was === "withdrawal" && (
        <TextField
          pointer="/payout_id"
          label={t("column.withdrawal_id")}
          value={withdrawal}
          onChange={setWithdrawal}
        />
      )}
      {was === "return" && (
        <TextField
          pointer="/payee_account"
          label={t("column.payee_account")}
          value={account}
          onChange={setAccount}
        />
      )}
    </ConfirmAct>
  );
}

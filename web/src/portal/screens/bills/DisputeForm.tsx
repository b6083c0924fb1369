// Disputing a bill, as a whole or some of its lines: what is in dispute need not be paid until it is decided.

import { useState } from "react";
import { useToast } from "../../../parts/act/toasts";
import { DecimalField, RadioCards, ReasonField } from "../../../parts/form/fields";
import { Form } from "../../../parts/form/Form";
import { Money } from "../../../parts/text/Quantity";
import { useMarket } from "../../../shell/markets";
import { useAct } from "../../../wire/queries";
import type { Bill } from "../../../wire/bills";
import { sign, total } from "./bill";
import { useLineName } from "./Lines";
import { useTexts } from "./texts";

const BILLS = "/v1/markets/{market}/bills";

export function DisputeForm({ bill, onDone }: { bill: Bill; onDone(): void }) {
  const { t, format } = useTexts();
  const { currency } = useMarket();
  const toast = useToast();
  const name = useLineName();
  const [what, setWhat] = useState("lines");
  const [chosen, choose] = useState<readonly number[]>([]);
  const [amounts, setAmounts] = useState<Record<number, string>>({});
  const [whole, setWhole] = useState("");
  const [reason, setReason] = useState("");
  const [missing, setMissing] = useState(false);
  const dispute = useAct("post", `${BILLS}/{bill_id}/disputes`, {
    renews: [BILLS, `${BILLS}/{bill_id}`],
  });
  const byLine = what === "lines";
  const set = byLine ? total(chosen.map((place) => amounts[place])) : whole || "0";
  const submit = async () => {
    if (byLine && chosen.length === 0) return setMissing(true);
    setMissing(false);
    const answer = await dispute.act({
      params: { bill_id: bill.bill_id },
      body: byLine
        ? { lines: chosen.map((line) => ({ line, amount: amounts[line] ?? "" })), reason }
        : { amount: whole, reason },
    });
    if (!answer.ok) return;
    toast(t("dispute.sent"));
    onDone();
  };
  const toggle = (place: number, amount: string) => {
    choose(
      chosen.includes(place)
        ? chosen.filter((each) => each !== place)
        : [...chosen, place].sort(byNumber),
    );
    setAmounts((before) => ({ [place]: amount.replace("-", ""), ...before }));
  };
  return (
    <Form
      label={t("dispute.begin")}
      problem={dispute.problem}
      busy={dispute.busy}
      submit={t("dispute.send")}
      onSubmit={() => void submit()}
      onCancel={onDone}
    >
      <RadioCards
        pointer="#what"
        label={t("dispute.what")}
        value={what}
        onChange={setWhat}
        cards={[
          { value: "lines", text: t("dispute.by_line"), note: t("dispute.by_line_note") },
          { value: "whole", text: t("dispute.whole"), note: t("dispute.whole_note") },
        ]}
      />
      {byLine ? (
        <fieldset className="bill-claims">
          <legend>{t("dispute.which")}</legend>
          {bill.lines.map((line, place) => {
            const at = chosen.indexOf(place);
            return (
              <div key={place} className="bill-claim">
                <label>
                  <input
                    type="checkbox"
                    checked={at >= 0}
                    onChange={() => toggle(place, line.amount)}
                  />
                  <span>{name(line)}</span>
                  <Money amount={line.amount} currency={currency} places={4} />
                </label>
                {at >= 0 && (
                  <DecimalField
                    pointer={`/lines/${at}`}
                    label={t("dispute.amount_of", { line: name(line) })}
                    note={t("dispute.at_most", {
                      max: format.money(line.amount.replace("-", ""), currency, { places: 8 }),
                    })}
                    unit={currency}
                    min="0.00000001"
                    value={amounts[place] ?? ""}
                    onChange={(next) => setAmounts((before) => ({ ...before, [place]: next }))}
                  />
                )}
              </div>
            );
          })}
          {missing && <p role="alert">{t("dispute.choose_one")}</p>}
        </fieldset>
      ) : (
        <DecimalField
          pointer="/amount"
          label={t("dispute.amount")}
          note={t("dispute.at_most", { max: format.money(bill.total_amount, currency) })}
          unit={currency}
          min="0.00000001"
          value={whole}
          onChange={setWhole}
        />
      )}
      <ReasonField
        pointer="/reason"
        label={t("dispute.reason")}
        note={t("dispute.reason_note")}
        value={reason}
        onChange={setReason}
      />
      <p className="bill-aside" aria-live="polite">
        {t("dispute.aside")}{" "}
        <b>
          <Money amount={sign(set) < 0 ? "0" : set} currency={currency} places={4} />
        </b>{" "}
        {t("dispute.aside_tax")}
      </p>
    </Form>
  );
}

const byNumber = (a: number, b: number) => a - b;

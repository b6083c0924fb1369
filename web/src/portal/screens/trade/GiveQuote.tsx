// Answering an inquiry: at which price one would deliver it, and how long that holds.

import { useState } from "react";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { ChoiceField, DecimalField } from "../../../parts/form/fields";
import { MomentField } from "../../../parts/form/times";
import { useMarket } from "../../../shell/markets";
import { newKey, UNREACHABLE } from "../../../wire/client";
import { useAct } from "../../../wire/queries";
import type { Inquiry, Unit } from "./answers";
import { COLLATERAL, INQUIRIES, QUOTES } from "./mine";
import { kindOf, sidesOf } from "./rules";
import { useTexts } from "./texts";

interface Props {
  inquiry: Inquiry;
  units: readonly Unit[];
  onClose(): void;
}

export function GiveQuote({ inquiry, units, onClose }: Props) {
  const { t } = useTexts();
  const market = useMarket();
  const toast = useToast();
  const able = units.filter((unit) => sidesOf(unit).includes("sell"));
  const [unitId, setUnit] = useState(able[0]?.unit_id ?? "");
  const [price, setPrice] = useState("");
  const [kwh, setKwh] = useState(inquiry.energy_kwh);
  const [until, setUntil] = useState(inquiry.answer_by);
  const [quoteId, setQuoteId] = useState(newKey);
  const give = useAct("post", `${INQUIRIES}/{inquiry_id}/quotes`, {
    renews: [INQUIRIES, QUOTES, COLLATERAL],
  });
  const submit = async () => {
    const answer = await give.act({
      params: { inquiry_id: inquiry.inquiry_id },
      body: {
        client_quote_id: `portal-${quoteId}`,
        unit_id: unitId,
        price_per_mwh: price,
        energy_kwh: kwh,
        valid_until: until,
      },
    });
    if (!answer.ok && answer.problem.code === UNREACHABLE) return;
    setQuoteId(newKey());
    if (!answer.ok) return;
    toast(t("quotes.given"));
    onClose();
  };
  return (
    <ConfirmAct
      open
      title={t("quotes.give")}
      danger={false}
      consequence={<p>{t("quotes.give_text")}</p>}
      act={t("quotes.give")}
      reason="none"
      busy={give.busy}
      problem={give.problem}
      onClose={onClose}
      onConfirm={() => void submit()}
    >
      <ChoiceField
        pointer="/unit_id"
        label={t("order.unit")}
        value={unitId}
        onChange={setUnit}
        options={able.map((each) => ({
          value: each.unit_id,
          text: `${t(`unit_kind.${kindOf(each)}`)} · ${each.unit_id}`,
        }))}
      />
      <DecimalField
        pointer="/price_per_mwh"
        label={t("order.price_sell")}
        unit={t("unit.price", { currency: market.currency })}
        step="0.01"
        value={price}
        onChange={setPrice}
      />
      <DecimalField
        pointer="/energy_kwh"
        label={t("order.energy")}
        unit={t("unit.kwh")}
        min="0.001"
        max={inquiry.energy_kwh}
        step="0.001"
        value={kwh}
        onChange={setKwh}
      />
      <MomentField
        pointer="/valid_until"
        label={t("quotes.holds_until")}
        value={until}
        onChange={setUntil}
      />
    </ConfirmAct>
  );
}

// Registering a bilateral contract: the other party still has to agree.

import { useState } from "react";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { ChoiceField, DecimalField, TextField } from "../../../parts/form/fields";
import { MomentField } from "../../../parts/form/times";
import { useMarket } from "../../../shell/markets";
import { newKey, UNREACHABLE } from "../../../wire/client";
import { useAct } from "../../../wire/queries";
import type { Unit } from "./answers";
import { CONTRACTS, useOpenIntervals } from "./mine";
import { kindOf, sidesOf } from "./rules";
import { useTexts } from "./texts";

export function RegisterContract({ units, onClose }: { units: readonly Unit[]; onClose(): void }) {
  const { t, format } = useTexts();
  const market = useMarket();
  const toast = useToast();
  const intervals = useOpenIntervals();
  const [unitId, setUnit] = useState(units[0]?.unit_id ?? "");
  const [wantedSide, setSide] = useState("sell");
  const [other, setOther] = useState("");
  const [start, setStart] = useState("");
  const [count, setCount] = useState("1");
  const [price, setPrice] = useState("");
  const [kwh, setKwh] = useState("");
  const [answerBy, setAnswerBy] = useState("");
  const [contractId, setContractId] = useState(newKey);
  const register = useAct("post", CONTRACTS, { renews: [CONTRACTS] });
  const unit = units.find(({ unit_id }) => unit_id === unitId);
  const sides = unit ? sidesOf(unit) : [];
  const side = sides.find((each) => each === wantedSide) ?? sides[0] ?? "sell";
  const first = intervals.items.findIndex((each) => each.start === start);
  const legs = first < 0 ? [] : intervals.items.slice(first, first + (Number(count) || 1));
  const submit = async () => {
    const answer = await register.act({
      body: {
        client_contract_id: `portal-${contractId}`,
        unit_id: unitId,
        side,
        counterparty_unit_id: other.trim(),
        price_per_mwh: price,
        legs: legs.map((each) => ({ start: each.start, energy_kwh: kwh })),
        answer_by: answerBy,
      },
    });
    if (!answer.ok && answer.problem.code === UNREACHABLE) return;
    setContractId(newKey());
    if (!answer.ok) return;
    toast(t("contracts.registered"));
    onClose();
  };
  return (
    <ConfirmAct
      open
      title={t("contracts.register")}
      danger={false}
      consequence={<p>{t("contracts.register_text")}</p>}
      act={t("contracts.register")}
      reason="none"
      busy={register.busy}
      problem={register.problem}
      onClose={onClose}
      onConfirm={() => void submit()}
    >
      <ChoiceField
        pointer="/unit_id"
        label={t("order.unit")}
        value={unitId}
        onChange={setUnit}
        options={units.map((each) => ({
          value: each.unit_id,
          text: `${t(`unit_kind.${kindOf(each)}`)} · ${each.unit_id}`,
        }))}
      />
      <ChoiceField
        pointer="/side"
        label={t("side.label")}
        value={side}
        onChange={setSide}
        options={sides.map((each) => ({ value: each, text: t(`side.${each}`) }))}
      />
      <TextField
        pointer="/counterparty_unit_id"
        label={t("contracts.other_unit")}
        note={t("contracts.other_unit_note")}
        value={other}
        onChange={setOther}
      />
      <ChoiceField
        pointer="/legs"
        label={t("offers.from")}
        value={start}
        onChange={setStart}
        options={intervals.items.map((each) => ({
          value: each.start,
          text: `${format.dayShort(each.start)}, ${format.interval(each.start, each.end)}`,
        }))}
      />
      <DecimalField
        pointer="#count"
        label={t("offers.count")}
        unit={t("offers.intervals")}
        min="1"
        max="96"
        step="1"
        value={count}
        onChange={setCount}
      />
      <DecimalField
        pointer="/price_per_mwh"
        label={t("orders.price")}
        unit={t("unit.price", { currency: market.currency })}
        step="0.01"
        value={price}
        onChange={setPrice}
      />
      <DecimalField
        pointer="#energy"
        label={t("offers.each")}
        unit={t("unit.kwh")}
        min="0.001"
        step="0.001"
        value={kwh}
        onChange={setKwh}
      />
      <MomentField
        pointer="/answer_by"
        label={t("contracts.answer_by")}
        value={answerBy}
        onChange={setAnswerBy}
      />
    </ConfirmAct>
  );
}

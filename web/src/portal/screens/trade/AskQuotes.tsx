// Asking for quotes: how much for which interval, whom, and until when they may answer.

import { useState } from "react";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { ChoiceField, DecimalField, SwitchField, TextField } from "../../../parts/form/fields";
import { MomentField } from "../../../parts/form/times";
import { useMarket } from "../../../shell/markets";
import { newKey, UNREACHABLE } from "../../../wire/client";
import { useAct } from "../../../wire/queries";
import type { Unit } from "./answers";
import { INQUIRIES, useOpenIntervals } from "./mine";
import { capabilityKwh, kindOf, sidesOf } from "./rules";
import { useTexts } from "./texts";

const ASKED = ["area", "participants", "units"] as const;
type Asked = (typeof ASKED)[number];

const idsOf = (typed: string) => typed.split(/[\s,;，；]+/).filter(Boolean);

export function AskQuotes({ units, onClose }: { units: readonly Unit[]; onClose(): void }) {
  const { t, format } = useTexts();
  const market = useMarket();
  const toast = useToast();
  const intervals = useOpenIntervals();
  const able = units.filter((unit) => sidesOf(unit).includes("buy"));
  const [unitId, setUnit] = useState(able[0]?.unit_id ?? "");
  const [start, setStart] = useState("");
  const [kwh, setKwh] = useState("");
  const [answerBy, setAnswerBy] = useState("");
  const [green, setGreen] = useState(false);
  const [whom, setWhom] = useState<Asked>("area");
  const [area, setArea] = useState(able[0]?.area_id ?? "");
  const [typed, type] = useState("");
  const [inquiryId, setInquiryId] = useState(newKey);
  const ask = useAct("post", INQUIRIES, { renews: [INQUIRIES] });
  const unit = able.find(({ unit_id }) => unit_id === unitId);
  const submit = async () => {
    const answer = await ask.act({
      body: {
        client_inquiry_id: `portal-${inquiryId}`,
        unit_id: unitId,
        start,
        energy_kwh: kwh,
        answer_by: answerBy,
        green_only: green,
        ...(whom === "area"
          ? { asked_area: area }
          : whom === "units"
            ? { asked_units: idsOf(typed) }
            : { asked_participants: idsOf(typed) }),
      },
    });
    if (!answer.ok && answer.problem.code === UNREACHABLE) return;
    setInquiryId(newKey());
    if (!answer.ok) return;
    toast(t("quotes.asked"));
    onClose();
  };
  return (
    <ConfirmAct
      open
      title={t("quotes.ask")}
      danger={false}
      consequence={<p>{t("quotes.ask_text")}</p>}
      act={t("quotes.ask")}
      reason="none"
      busy={ask.busy}
      problem={ask.problem}
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
      <ChoiceField
        pointer="/start"
        label={t("order.interval")}
        value={start}
        onChange={setStart}
        options={intervals.items.map((each) => ({
          value: each.start,
          text: `${format.dayShort(each.start)}, ${format.interval(each.start, each.end)}`,
        }))}
      />
      <DecimalField
        pointer="/energy_kwh"
        label={t("order.energy")}
        unit={t("unit.kwh")}
        min="0.001"
        max={unit ? capabilityKwh(unit, "buy", market.interval_minutes) : undefined}
        step="0.001"
        value={kwh}
        onChange={setKwh}
      />
      <ChoiceField
        pointer="#whom"
        label={t("quotes.whom")}
        value={whom}
        onChange={(next) => setWhom(next as Asked)}
        options={ASKED.map((each) => ({ value: each, text: t(`quotes.whom_${each}`) }))}
      />
      {whom === "area" ? (
        <ChoiceField
          pointer="/asked_area"
          label={t("offers.area")}
          value={area}
          onChange={setArea}
          options={market.areas.map(({ area_id, name }) => ({ value: area_id, text: name }))}
        />
      ) : (
        <TextField
          pointer={whom === "units" ? "/asked_units" : "/asked_participants"}
          label={t(`quotes.ids_${whom}`)}
          note={t("quotes.ids_note")}
          value={typed}
          onChange={type}
        />
      )}
      <MomentField
        pointer="/answer_by"
        label={t("contracts.answer_by")}
        value={answerBy}
        onChange={setAnswerBy}
      />
      <SwitchField
        pointer="/green_only"
        label={t("simple.green")}
        value={green}
        onChange={setGreen}
      />
    </ConfirmAct>
  );
}

// A participant is registered: who it is and where. Its units and its access follow.

import { useState } from "react";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { ChoiceField, TextField } from "../../../parts/form/fields";
import { useAct } from "../../../wire/queries";
import type { Market } from "../../../wire/types";
import { useTexts } from "./texts";
import { OVERVIEW } from "./wire";

const LEVELS = ["low", "medium", "high"] as const;

export function Register({ market, onClose }: { market: Market; onClose(): void }) {
  const { t } = useTexts();
  const toast = useToast();
  const [id, setId] = useState("");
  const [name, setName] = useState("");
  const [area, setArea] = useState("");
  const [level, setLevel] = useState("low");
  const register = useAct("post", "/v1/markets/{market}/participants:batch", {
    renews: [OVERVIEW],
  });
  const go = async () => {
    const participant_id = id.trim();
    const voltage_level = LEVELS.find((each) => each === level) ?? "low";
    const item = { participant_id, name: name.trim(), area_id: area, voltage_level };
    const answer = await register.act({ body: { items: [{ ...item, is_last_resort: false }] } });
    if (!answer.ok) return;
    toast(t("register.done", { participant: participant_id }));
    onClose();
  };
  return (
    <ConfirmAct
      open
      title={t("register.open")}
      consequence={<p>{t("register.consequence")}</p>}
      act={t("register.act")}
      reason="none"
      danger={false}
      busy={register.busy}
      problem={register.problem}
      onConfirm={() => void go()}
      onClose={onClose}
    >
      <TextField
        pointer="/items/0/participant_id"
        label={t("register.id")}
        note={t("register.id_note")}
        value={id}
        onChange={setId}
        most={64}
      />
      <TextField
        pointer="/items/0/name"
        label={t("column.name")}
        value={name}
        onChange={setName}
        most={200}
      />
      <ChoiceField
        pointer="/items/0/area_id"
        label={t("column.area")}
        value={area}
        onChange={setArea}
        options={market.areas.map((each) => ({
          value: each.area_id,
          text: `${each.area_id} · ${each.name}`,
        }))}
      />
      <ChoiceField
        pointer="/items/0/voltage_level"
        label={t("register.level")}
        note={t("register.level_note")}
        value={level}
        onChange={setLevel}
        options={LEVELS.map((value) => ({ value, text: t(`level_of.${value}`) }))}
      />
    </ConfirmAct>
  );
}

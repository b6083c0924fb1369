// A unit of a participant: what it is, and how much it may take and give. Its meter reports under its id.

import { useState } from "react";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { ChoiceField, DecimalField, SwitchField, TextField } from "../../../parts/form/fields";
import { useAct } from "../../../wire/queries";
import type { Market } from "../../../wire/types";
import { useTexts } from "./texts";
import { OVERVIEW, UNIT_KINDS, UNITS, type Participant, type UnitKind } from "./wire";

interface Props {
  participant: Participant;
  market: Market;
  onClose(): void;
}

const GIVE: readonly UnitKind[] = ["solar", "wind", "hydro", "generator"];
const TAKE: readonly UnitKind[] = ["load", "heat_pump", "ev_charger"];
const PPM_OF_PERCENT = 10_000;
const ppm = (percent: string) => Math.round(Number(percent) * PPM_OF_PERCENT);

export function AddUnit({ participant, market, onClose }: Props) {
  const { t } = useTexts();
  const toast = useToast();
  const [id, setId] = useState("");
  const [kind, setKind] = useState<UnitKind>("load");
  const [area, setArea] = useState(participant.area_id);
  const [given, setGiven] = useState("");
  const [taken, setTaken] = useState("");
  const [controllable, setControllable] = useState(false);
  const [capacity, setCapacity] = useState("");
  const [charged, setCharged] = useState("0");
  const [efficiency, setEfficiency] = useState("95");
  const add = useAct("post", "/v1/markets/{market}/units:batch", { renews: [UNITS, OVERVIEW] });
  const storage = kind === "storage";
  const go = async () => {
    const unit_id = id.trim();
    const answer = await add.act({
      body: {
        items: [
          {
            ...{ unit_id, participant_id: participant.participant_id, area_id: area, kind },
            injection_max_kw: TAKE.includes(kind) ? "0" : given,
            withdrawal_max_kw: GIVE.includes(kind) ? "0" : taken,
            controllable,
            storage: storage
              ? {
                  ...{ capacity_kwh: capacity, start_kwh: charged },
                  efficiency_charge_ppm: ppm(efficiency),
                  efficiency_discharge_ppm: ppm(efficiency),
                }
              : null,
          },
        ],
      },
    });
    if (!answer.ok) return;
    toast(t("units.done", { unit: unit_id }));
    onClose();
  };
  const power = { unit: t("unit.kw"), min: "0", step: "0.001" };
  const energy = { unit: t("unit.kwh"), min: "0", step: "0.001" };
  return (
    <ConfirmAct
      open
      title={t("units.add_title", { participant: participant.participant_id })}
      consequence={<p>{t("units.consequence")}</p>}
      act={t("units.add")}
      reason="none"
      danger={false}
      busy={add.busy}
      problem={add.problem}
      onConfirm={() => void go()}
      onClose={onClose}
    >
      <TextField
        pointer="/items/0/unit_id"
        label={t("units.id")}
        note={t("units.id_note")}
        value={id}
        onChange={setId}
        most={64}
      />
      <ChoiceField
        pointer="/items/0/kind"
        label={t("units.kind")}
        value={kind}
        onChange={(next) => setKind(UNIT_KINDS.find((each) => each === next) ?? kind)}
        options={UNIT_KINDS.map((value) => ({ value, text: t(`unit_kind.${value}`) }))}
      />
      <ChoiceField
        pointer="/items/0/area_id"
        label={t("column.area")}
        value={area}
        onChange={setArea}
        options={market.areas.map(({ area_id }) => ({ value: area_id, text: area_id }))}
      />
      {!TAKE.includes(kind) && (
        <DecimalField
          pointer="/items/0/injection_max_kw"
          label={t("units.injection")}
          {...power}
          value={given}
          onChange={setGiven}
        />
      )}
      {!GIVE.includes(kind) && (
        <DecimalField
          pointer="/items/0/withdrawal_max_kw"
          label={t("units.withdrawal")}
          {...power}
          value={taken}
          onChange={setTaken}
        />
      )}
      {storage && (
        <>
          <DecimalField
            pointer="/items/0/storage/capacity_kwh"
            label={t("units.capacity")}
            {...energy}
            value={capacity}
            onChange={setCapacity}
          />
          <DecimalField
            pointer="/items/0/storage/start_kwh"
            label={t("units.charged")}
            {...energy}
            value={charged}
            onChange={setCharged}
          />
          <DecimalField
            pointer="/items/0/storage/efficiency_charge_ppm"
            label={t("units.efficiency")}
            note={t("units.efficiency_note")}
            unit="%"
            min="1"
            max="100"
            step="0.0001"
            value={efficiency}
            onChange={setEfficiency}
          />
        </>
      )}
      <SwitchField
        pointer="/items/0/controllable"
        label={t("units.controllable")}
        note={t("units.controllable_note")}
        value={controllable}
        onChange={setControllable}
      />
    </ConfirmAct>
  );
}

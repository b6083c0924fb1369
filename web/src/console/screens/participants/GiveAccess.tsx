// A way in for somebody: a one-time code to be handed over, or a credential for a program at once.

import { useState } from "react";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { ChoiceField, RadioCards } from "../../../parts/form/fields";
import { useAct, useList } from "../../../wire/queries";
import type { Market } from "../../../wire/types";
import type { Told } from "./Secret";
import { useTexts } from "./texts";
import { CLIENTS, ENROLMENTS, OVERVIEW, UNITS, type Participant } from "./wire";

const RENEWS = { renews: [ENROLMENTS, CLIENTS, OVERVIEW] } as const;
const HOUR_S = 3_600;
const LIFETIMES_H = [1, 24, 168, 720] as const;
const DAY_H = 24;
type RoleName = "participant" | "device" | "operator" | "area";

interface Props {
  market: Market;
  /** Null: for an operator or an area's grid operator. */
  participant: Participant | null;
  onTold(told: Told): void;
  onClose(): void;
}

export function GiveAccess({ market, participant, onTold, onClose }: Props) {
  const { t, format } = useTexts();
  const roles: readonly RoleName[] = participant ? ["participant", "device"] : ["operator", "area"];
  const [role, setRole] = useState<RoleName>(roles[0] ?? "participant");
  const [way, setWay] = useState("code");
  const [unit, setUnit] = useState("");
  const [area, setArea] = useState("");
  const [hours, setHours] = useState(String(DAY_H));
  const units = useList(UNITS, {
    query: { participant_id: participant?.participant_id },
    all: true,
    when: participant !== null,
  });
  const enrol = useAct("post", ENROLMENTS, RENEWS);
  const make = useAct("post", "/v1/markets/{market}/clients:batch", RENEWS);
  const whose = {
    role,
    ...(role === "participant" && { participant_id: participant?.participant_id ?? null }),
    ...(role === "device" && { unit_id: unit }),
    ...(role === "area" && { area_id: area }),
  };
  const who = { device: unit, area, operator: t("role.operator") }[role as string];
  const title = { participant: who ?? participant?.participant_id ?? "" };
  const go = async () => {
    if (way === "code") {
      const answer = await enrol.act({ body: { ...whose, lifetime_s: Number(hours) * HOUR_S } });
      if (!answer.ok) return;
      const { code, expires_at } = answer.value;
      onTold({
        title: t("code.title", title),
        secret: code ?? "",
        note: t("code.note", { until: format.stamp(expires_at) }),
      });
    } else {
      const answer = await make.act({ body: { items: [whose] } });
      if (!answer.ok) return;
      const [made] = answer.value.items;
      if (made === undefined) return;
      onTold({
        title: t("access.secret_title", title),
        secret: made.client_secret,
        note: t("access.secret_note", { client: made.client_id }),
      });
    }
    onClose();
  };
  const pointer = (field: string) => (way === "code" ? `/${field}` : `/items/0/${field}`);
  return (
    <ConfirmAct
      open
      title={t("access.title")}
      consequence={<p>{t(way === "code" ? "access.code_means" : "access.secret_means")}</p>}
      act={t(way === "code" ? "access.make_code" : "access.make_secret")}
      reason="none"
      danger={false}
      busy={enrol.busy || make.busy}
      problem={enrol.problem ?? make.problem}
      onConfirm={() => void go()}
      onClose={onClose}
    >
      <RadioCards
        pointer={pointer("role")}
        label={t("access.role")}
        value={role}
        onChange={(next) => setRole(roles.find((each) => each === next) ?? role)}
        cards={roles.map((value) => ({
          value,
          text: t(`role.${value}`),
          note: t(`role_note.${value}`),
        }))}
      />
      {role === "device" && (
        <ChoiceField
          pointer={pointer("unit_id")}
          label={t("units.id")}
          value={unit}
          onChange={setUnit}
          options={units.items.map(({ unit_id }) => ({ value: unit_id, text: unit_id }))}
        />
      )}
      {role === "area" && (
        <ChoiceField
          pointer={pointer("area_id")}
          label={t("column.area")}
          value={area}
          onChange={setArea}
          options={market.areas.map(({ area_id }) => ({ value: area_id, text: area_id }))}
        />
      )}
      <RadioCards
        pointer="#way"
        label={t("access.way")}
        value={way}
        onChange={setWay}
        cards={(["code", "secret"] as const).map((value) => ({
          value,
          text: t(`way.${value}`),
          note: t(`way_note.${value}`),
        }))}
      />
      {way === "code" && (
        <ChoiceField
          pointer="/lifetime_s"
          label={t("access.lifetime")}
          value={hours}
          onChange={setHours}
          options={LIFETIMES_H.map((each) => ({
            value: String(each),
            text:
              each < DAY_H
                ? t("access.hours", { count: each })
                : t("access.days", { count: each / DAY_H }),
          }))}
        />
      )}
    </ConfirmAct>
  );
}

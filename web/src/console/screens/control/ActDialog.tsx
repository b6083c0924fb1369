// Acts on units and areas: stop, limit, start, decouple; and the emergency stop of everything.

import { useState } from "react";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { Button } from "../../../parts/Button";
import { ChoiceField, DecimalField, TextField } from "../../../parts/form/fields";
import { MomentField } from "../../../parts/form/times";
import { word } from "../../../language/words";
import { useMarket } from "../../../shell/markets";
import { useAct, useList } from "../../../wire/queries";
import { ACTS, LEVELS, ending, unitsOf, type ActKind, type Held, type Level } from "./control";
import { useTexts } from "./texts";

/** The same in every language. */
const KW = "kW";

/** Does an act and says what came of it. */
function usePerform(onDone: () => void) {
  const { t, format } = useTexts();
  const toast = useToast();
  const { act, busy, problem, forget } = useAct("post", "/v1/markets/{market}/acts", {
    renews: ["/v1/markets/{market}/acts:standing", "/v1/markets/{market}/approvals"],
  });
  const perform = async (body: Parameters<typeof act>[0]["body"]) => {
    const answer = await act({ body });
    if (!answer.ok) return;
    const { act: told, cancelled, setpoints } = answer.value;
    if (told === null) toast(t("was_so"));
    else if (told.second_person_until !== null) toast(t("second_wanted"), "warning");
    else {
      toast(
        t("act_done", { cancelled: format.whole(cancelled), setpoints: format.whole(setpoints) }),
      );
    }
    onDone();
  };
  return { perform, busy, problem, forget };
}

export function ActDialog({ onClose }: { onClose(): void }) {
  const { t, format } = useTexts();
  const market = useMarket();
  const [kind, setKind] = useState<ActKind>("limit");
  const [level, setLevel] = useState<Level>("unit");
  const [member, setMember] = useState("");
  const [withdrawal, setWithdrawal] = useState("");
  const [injection, setInjection] = useState("");
  const [from, setFrom] = useState("");
  const [until, setUntil] = useState("");
  const units = useList("/v1/markets/{market}/units", { all: true });
  const { perform, busy, problem } = usePerform(onClose);
  const levels: readonly Level[] = LEVELS[kind].filter((each) => each !== "market");
  const at = levels.includes(level) ? level : (levels[0] ?? "area");
  const meant = unitsOf(units.items, at, member);
  const isLimit = kind === "limit";
  const confirm = (reason: string) =>
    perform({
      kind,
      level: at,
      member_id: member,
      reason,
      ...(isLimit
        ? {
            withdrawal_max_kw: withdrawal || null,
            injection_max_kw: injection || null,
            from: from || null,
            until: until || null,
          }
        : {}),
    });
  return (
    <ConfirmAct
      open
      title={t("act_title")}
      act={t(`do.${kind}`)}
      consequence={
        <>
          <p>{t(`does.${kind}`)}</p>
          {member !== "" && (
            <p>
              <b>{t("units_concerned", { count: format.whole(meant.length) })}</b>
            </p>
          )}
        </>
      }
      danger={kind !== "start" && kind !== "couple"}
      busy={busy}
      problem={problem}
      onConfirm={(reason) => void confirm(reason)}
      onClose={onClose}
    >
      <ChoiceField
        pointer="/kind"
        label={t("column.kind")}
        value={kind}
        onChange={(next) => setKind(next as ActKind)}
        options={ACTS.filter((each) => each !== "emergency_stop").map((value) => ({
          value,
          text: t(`do.${value}`),
        }))}
      />
      <ChoiceField
        pointer="/level"
        label={t("column.level")}
        value={at}
        onChange={(next) => {
          setLevel(next as Level);
          setMember("");
        }}
        options={levels.map((value) => ({ value, text: word(t, "level", value) }))}
      />
      {at === "area" ? (
        <ChoiceField
          pointer="/member_id"
          label={word(t, "level", "area")}
          value={member}
          onChange={setMember}
          options={market.areas.map(({ area_id, name }) => ({
            value: area_id,
            text: `${area_id} · ${name}`,
          }))}
        />
      ) : (
        <TextField
          pointer="/member_id"
          label={t("unit_id")}
          value={member}
          onChange={setMember}
          fault={
            member !== "" && units.state === "ready" && meant.length === 0 ? t("no_unit") : null
          }
        />
      )}
      {isLimit && (
        <>
          <DecimalField
            pointer="/withdrawal_max_kw"
            label={t("column.withdrawal")}
            unit={KW}
            min="0"
            step="0.001"
            value={withdrawal}
            onChange={setWithdrawal}
            optional
          />
          <DecimalField
            pointer="/injection_max_kw"
            label={t("column.injection")}
            unit={KW}
            min="0"
            step="0.001"
            value={injection}
            onChange={setInjection}
            optional
          />
          <MomentField pointer="/from" label={t("from")} value={from} onChange={setFrom} optional />
          <MomentField
            pointer="/until"
            label={t("column.until")}
            value={until}
            onChange={setUntil}
            optional
          />
        </>
      )}
    </ConfirmAct>
  );
}

/** Ends what holds; most of it takes a second person. */
export function EndDialog({ row, onClose }: { row: Held; onClose(): void }) {
  const { t } = useTexts();
  const { perform, busy, problem } = usePerform(onClose);
  const act = ending(row);
  return (
    <ConfirmAct
      open
      title={t("end_title", { member: act.member_id })}
      act={t(`do.${act.kind}`)}
      consequence={
        <>
          <p>{t(`does.${act.kind}`)}</p>
          <p>{t("perhaps_two")}</p>
        </>
      }
      busy={busy}
      problem={problem}
      onConfirm={(reason) => void perform({ ...act, reason })}
      onClose={onClose}
    />
  );
}

/** Everything, at once: nobody may press it by mistake, and nobody has to look for it. */
export function EmergencyStop() {
  const { t, format } = useTexts();
  const market = useMarket();
  const [open, setOpen] = useState(false);
  const units = useList("/v1/markets/{market}/units", { all: true, when: open });
  const { perform, busy, problem, forget } = usePerform(() => setOpen(false));
  return (
    <>
      <Button kind="danger" icon="warning" onPress={() => setOpen(true)}>
        {t("do.emergency_stop")}
      </Button>
      <ConfirmAct
        open={open}
        title={t("emergency_title")}
        act={t("do.emergency_stop")}
        typed={market.market_id}
        consequence={
          <>
            <p>{t("does.emergency_stop")}</p>
            <p>
              <b>{t("units_concerned", { count: format.whole(units.items.length) })}</b>
            </p>
          </>
        }
        busy={busy}
        problem={problem}
        onConfirm={(reason) =>
          void perform({
            kind: "emergency_stop",
            level: "market",
            member_id: market.market_id,
            reason,
          })
        }
        onClose={() => {
          forget();
          setOpen(false);
        }}
      />
    </>
  );
}

// One-time codes: for whom, by whom, how long they are good, and taking an open one back.

import { useMemo, useState } from "react";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { Button } from "../../../parts/Button";
import { Panel } from "../../../parts/frame/Panel";
import { Empty } from "../../../parts/state/states";
import type { Column } from "../../../parts/table/columns";
import { DataTable } from "../../../parts/table/DataTable";
import { State, type Tone } from "../../../parts/text/State";
import { Time } from "../../../parts/text/When";
import { useAct, useList } from "../../../wire/queries";
import type { Market } from "../../../wire/types";
import { useNames } from "../../approvals";
import { GiveAccess } from "./GiveAccess";
import { Secret, type Told } from "./Secret";
import { useTexts } from "./texts";
import { ENROLMENTS, OVERVIEW, type Enrolment } from "./wire";

const TONES: Record<Enrolment["state"], Tone> = {
  open: "accent",
  used: "good",
  expired: "unknown",
  revoked: "unknown",
};
const keyOf = ({ enrolment_id }: Enrolment) => enrolment_id;
const whoOf = ({ unit_id, participant_id, area_id }: Enrolment) =>
  unit_id ?? participant_id ?? area_id;

export function Codes({ market }: { market: Market }) {
  const { t } = useTexts();
  const codes = useList(ENROLMENTS, { all: true });
  const columns = useColumns();
  const [leaving, leave] = useState<Enrolment | null>(null);
  const [giving, give] = useState(false);
  const [told, tell] = useState<Told | null>(null);
  return (
    <Panel
      title={t("tab.codes")}
      note={t("codes.note")}
      tools={
        <Button icon="plus" onPress={() => give(true)}>
          {t("codes.for_staff")}
        </Button>
      }
      flush
    >
      <DataTable<Enrolment>
        name="one-time-codes"
        label={t("tab.codes")}
        columns={columns}
        rows={codes.items}
        rowKey={keyOf}
        sort={[{ id: "made", desc: true }]}
        state={codes.state}
        {...(codes.problem ? { failed: { ...codes.problem, onAgain: codes.again } } : {})}
        empty={<Empty title={t("codes.empty")}>{t("codes.empty_text")}</Empty>}
        details={(code) => (
          <div className="pt-details">
            {code.state === "open" ? (
              <div className="pt-acts">
                <Button kind="danger" onPress={() => leave(code)}>
                  {t("codes.withdraw")}
                </Button>
              </div>
            ) : (
              <p className="pt-none">{t(`code_state_note.${code.state}`)}</p>
            )}
          </div>
        )}
        tone={({ state }) => (state === "open" ? "warning" : undefined)}
        height={480}
      />
      {leaving && <Withdraw code={leaving} onClose={() => leave(null)} />}
      {giving && (
        <GiveAccess market={market} participant={null} onTold={tell} onClose={() => give(false)} />
      )}
      {told && <Secret {...told} onClose={() => tell(null)} />}
    </Panel>
  );
}

function Withdraw({ code, onClose }: { code: Enrolment; onClose(): void }) {
  const { t, format } = useTexts();
  const toast = useToast();
  const revoke = useAct("post", `${ENROLMENTS}/{enrolment_id}:revoke`, {
    renews: [ENROLMENTS, OVERVIEW],
  });
  const go = async () => {
    const { enrolment_id } = code;
    const answer = await revoke.act({ params: { enrolment_id } });
    if (!answer.ok) return;
    // It may have been used a moment ago: what it became is in the answer.
    const gone = answer.value.state === "revoked";
    toast(t(gone ? "codes.withdrawn" : "codes.too_late"), gone ? "good" : "warning");
    onClose();
  };
  return (
    <ConfirmAct
      open
      title={t("codes.withdraw_title", { who: whoOf(code) ?? t(`role.${code.role}`) })}
      consequence={<p>{t("codes.withdraw_means", { until: format.stamp(code.expires_at) })}</p>}
      act={t("codes.withdraw")}
      reason="none"
      busy={revoke.busy}
      problem={revoke.problem}
      onConfirm={() => void go()}
      onClose={onClose}
    />
  );
}

function useColumns(): Column<Enrolment>[] {
  const { t } = useTexts();
  const names = useNames();
  return useMemo<Column<Enrolment>[]>(
    () => [
      {
        ...{ key: "who", title: t("codes.for"), kind: "text", width: 150, card: "title" },
        value: whoOf,
        cell: (code) => whoOf(code) ?? t(`role.${code.role}`),
      },
      {
        ...{ key: "role", title: t("access.role"), kind: "text", width: 140, choosable: true },
        value: ({ role }) => role,
        said: ({ role }) => t(`role.${role}`),
        cell: ({ role }) => t(`role.${role}`),
      },
      {
        ...{ key: "state", title: t("column.standing"), kind: "text", width: 130, choosable: true },
        value: ({ state }) => state,
        said: ({ state }) => t(`code_state.${state}`),
        cell: ({ state }) => <State tone={TONES[state]}>{t(`code_state.${state}`)}</State>,
      },
      {
        ...{ key: "until", title: t("codes.until"), kind: "time", width: 190 },
        value: ({ expires_at }) => expires_at,
        cell: ({ expires_at }) => <Time at={expires_at} day />,
      },
      {
        ...{ key: "made", title: t("codes.made"), kind: "time", width: 190 },
        value: ({ made_at }) => made_at,
        cell: ({ made_at }) => <Time at={made_at} day />,
      },
      {
        ...{ key: "by", title: t("codes.by"), kind: "text", width: 160 },
        value: ({ made_by }) => names.get(made_by) ?? made_by,
      },
    ],
    [t, names],
  );
}

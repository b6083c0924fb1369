// Mandates: who else may trade for one's units, how much, and until when.

import { useMemo, useState } from "react";
import { Button } from "../../../parts/Button";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { DecimalField, TextField } from "../../../parts/form/fields";
import { MomentField } from "../../../parts/form/times";
import { Panel } from "../../../parts/frame/Panel";
import type { Column } from "../../../parts/table/columns";
import { DataTable } from "../../../parts/table/DataTable";
import { Energy, Money } from "../../../parts/text/Quantity";
import { State } from "../../../parts/text/State";
import { Time } from "../../../parts/text/When";
import { useMarket } from "../../../shell/markets";
import { useSession } from "../../../shell/session";
import { newKey, UNREACHABLE } from "../../../wire/client";
import { useAct, useRead } from "../../../wire/queries";
import type { Mandate } from "./answers";
import { useTexts } from "./texts";

const MANDATES = "/v1/markets/{market}/mandates";

export function Mandates() {
  const { t } = useTexts();
  const { session } = useSession();
  const found = useRead(MANDATES);
  const items = found.value?.items ?? [];
  const [giving, give] = useState(false);
  const columns = useColumns();
  return (
    <Panel
      title={t("mandate.title")}
      flush
      tools={
        <Button icon="plus" onPress={() => give(true)}>
          {t("mandate.give")}
        </Button>
      }
    >
      <DataTable<Mandate>
        name="mandates"
        label={t("mandate.title")}
        columns={columns}
        rows={items}
        rowKey={({ mandate_id }) => mandate_id}
        state={found.state}
        failed={{ code: found.problem?.code ?? "UNREACHABLE", onAgain: found.again }}
        empty={t("mandate.empty")}
        details={(mandate) =>
          mandate.owner === session?.participant_id && mandate.state === "holds" ? (
            <Revoke mandate={mandate} />
          ) : null
        }
        height={Math.min(360, 150 + items.length * 36)}
        bare
      />
      {giving && <Give onClose={() => give(false)} />}
    </Panel>
  );
}

function useColumns(): readonly Column<Mandate>[] {
  const { t } = useTexts();
  const { currency } = useMarket();
  return useMemo<Column<Mandate>[]>(
    () => [
      {
        ...{ key: "agent", title: t("mandate.agent"), kind: "text", width: 160, card: "title" },
        value: ({ agent }) => agent,
      },
      {
        ...{ key: "owner", title: t("mandate.owner"), kind: "text", width: 140 },
        value: ({ owner }) => owner,
      },
      {
        ...{ key: "units", title: t("mandate.units"), kind: "text", width: 180 },
        value: ({ unit_ids }) => unit_ids.join(" "),
        cell: ({ unit_ids }) => (unit_ids.length === 0 ? t("mandate.all") : unit_ids.join(", ")),
      },
      {
        ...{ key: "until", title: t("mandate.until"), kind: "time", width: 190 },
        value: ({ until }) => until,
        cell: ({ until }) => <Time at={until} day />,
      },
      {
        ...{ key: "energy", title: t("mandate.energy"), kind: "decimal", width: 110 },
        value: ({ energy_kwh_max }) => energy_kwh_max,
        cell: ({ energy_kwh_max }) => <Energy kwh={energy_kwh_max} />,
      },
      {
        ...{ key: "value", title: t("mandate.value"), kind: "decimal", width: 110 },
        value: ({ value_max }) => value_max,
        cell: ({ value_max }) => <Money amount={value_max} currency={currency} />,
      },
      {
        ...{ key: "state", title: t("mandate.state"), kind: "text", width: 110 },
        value: ({ state }) => state,
        cell: ({ state }) => (
          <State tone={state === "holds" ? "good" : "unknown"}>{t(`mandate.state_${state}`)}</State>
        ),
      },
    ],
    [t, currency],
  );
}

function Revoke({ mandate }: { mandate: Mandate }) {
  const { t } = useTexts();
  const toast = useToast();
  const [asking, ask] = useState(false);
  const revoke = useAct("post", `${MANDATES}/{mandate_id}:revoke`, { renews: [MANDATES] });
  return (
    <div className="account-details">
      <Button kind="danger" onPress={() => ask(true)}>
        {t("mandate.revoke")}
      </Button>
      <ConfirmAct
        open={asking}
        title={t("mandate.revoke")}
        consequence={<p>{t("mandate.revoke_text", { agent: mandate.agent })}</p>}
        act={t("mandate.revoke")}
        reason="none"
        busy={revoke.busy}
        problem={revoke.problem}
        onClose={() => ask(false)}
        onConfirm={() =>
          void revoke.act({ params: { mandate_id: mandate.mandate_id } }).then(({ ok }) => {
            if (!ok) return;
            ask(false);
            toast(t("mandate.revoked"));
          })
        }
      />
    </div>
  );
}

function Give({ onClose }: { onClose(): void }) {
  const { t } = useTexts();
  const { currency } = useMarket();
  const toast = useToast();
  const [agent, setAgent] = useState("");
  const [from, setFrom] = useState("");
  const [until, setUntil] = useState("");
  const [energy, setEnergy] = useState("");
  const [value, setValue] = useState("");
  const [id, setId] = useState(newKey);
  const give = useAct("post", MANDATES, { renews: [MANDATES] });
  const submit = async () => {
    const answer = await give.act({
      body: {
        client_mandate_id: `portal-${id}`,
        agent: agent.trim(),
        from,
        until,
        energy_kwh_max: energy || null,
        value_max: value || null,
      },
    });
    if (!answer.ok && answer.problem.code === UNREACHABLE) return;
    setId(newKey());
    if (!answer.ok) return;
    toast(t("mandate.given"));
    onClose();
  };
  return (
    <ConfirmAct
      open
      title={t("mandate.give")}
      consequence={<p>{t("mandate.text")}</p>}
      act={t("mandate.give")}
      reason="none"
      danger={false}
      busy={give.busy}
      problem={give.problem}
      onClose={onClose}
      onConfirm={() => void submit()}
    >
      <TextField
        pointer="/agent"
        label={t("mandate.agent")}
        note={t("mandate.agent_note")}
        value={agent}
        onChange={setAgent}
      />
      <MomentField pointer="/from" label={t("mandate.from")} value={from} onChange={setFrom} />
      <MomentField pointer="/until" label={t("mandate.until")} value={until} onChange={setUntil} />
      <DecimalField
        pointer="/energy_kwh_max"
        label={t("mandate.energy")}
        unit={t("unit.kwh")}
        min="0.001"
        step="0.001"
        value={energy}
        onChange={setEnergy}
        optional
      />
      <DecimalField
        pointer="/value_max"
        label={t("mandate.value")}
        unit={currency}
        min="0"
        value={value}
        onChange={setValue}
        optional
      />
    </ConfirmAct>
  );
}

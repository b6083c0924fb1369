// Margin calls: who has to pay in how much by when, and who has not.

import { useMemo } from "react";
import { Panel } from "../../../parts/frame/Panel";
import { Empty } from "../../../parts/state/states";
import type { Column } from "../../../parts/table/columns";
import { DataTable } from "../../../parts/table/DataTable";
import { Money } from "../../../parts/text/Quantity";
import { State } from "../../../parts/text/State";
import { Time } from "../../../parts/text/When";
import { useList } from "../../../wire/queries";
import { useTexts } from "./texts";
import { CALLS, type MarginCall } from "./wire";

const TONES = { open: "warning", missed: "bad", met: "good" } as const;

export function MarginCalls({ currency }: { currency: string }) {
  const { t } = useTexts();
  const calls = useList(CALLS, { all: true });
  const columns = useMemo<Column<MarginCall>[]>(
    () => [
      {
        ...{ key: "participant", title: t("column.id"), kind: "text", card: "title" },
        value: (row) => row.participant_id,
      },
      {
        ...{ key: "state", title: t("column.standing"), kind: "text", choosable: true },
        value: (row) => row.state,
        said: (row) => t(`call_state.${row.state}`),
        cell: (row) => <State tone={TONES[row.state]}>{t(`call_state.${row.state}`)}</State>,
      },
      {
        ...{
          key: "amount",
          title: t("column.amount"),
          kind: "decimal",
          unit: currency,
          unitInCells: true,
        },
        value: (row) => row.amount,
        cell: (row) => <Money amount={row.amount} currency={currency} />,
      },
      {
        ...{ key: "called", title: t("column.called"), kind: "time", width: 190 },
        value: (row) => row.called_at,
        cell: (row) => <Time at={row.called_at} day />,
      },
      {
        ...{ key: "due", title: t("column.due"), kind: "time", width: 190 },
        value: (row) => row.due_at,
        cell: (row) => <Time at={row.due_at} day />,
      },
      {
        ...{
          key: "missing",
          title: t("column.missing"),
          kind: "decimal",
          unit: currency,
          unitInCells: true,
        },
        value: (row) => row.missing,
        cell: (row) => <Money amount={row.missing} currency={currency} />,
      },
    ],
    [t, currency],
  );
  return (
    <Panel title={t("tab.calls")} flush>
      <DataTable<MarginCall>
        name="margin-calls"
        label={t("tab.calls")}
        columns={columns}
        rows={calls.items}
        rowKey={(row) => row.call_id}
        state={calls.state}
        {...(calls.problem ? { failed: { ...calls.problem, onAgain: calls.again } } : {})}
        empty={<Empty title={t("calls_empty")}>{t("calls_empty_text")}</Empty>}
        height={420}
      />
    </Panel>
  );
}

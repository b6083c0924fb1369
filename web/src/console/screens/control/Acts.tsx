// What units and areas are told apart from trading: limits, stops, areas on their own.

import { useMemo, useState } from "react";
import { Link } from "react-router";
import { Button } from "../../../parts/Button";
import { Panel } from "../../../parts/frame/Panel";
import { DataTable } from "../../../parts/table/DataTable";
import type { Column } from "../../../parts/table/columns";
import { Badge, State } from "../../../parts/text/State";
import { Power } from "../../../parts/text/Quantity";
import { Time } from "../../../parts/text/When";
import { word } from "../../../language/words";
import type { Reading } from "../../../wire/queries";
import { ActDialog, EndDialog } from "./ActDialog";
import { held, type Held, type Standing } from "./control";
import { useTexts } from "./texts";

const keyOf = (row: Held) =>
  row.what === "decoupled" ? `decoupled ${row.area_id}` : `narrowing ${row.act_id}`;
const toneOf = (row: Held) =>
  row.what === "narrowing" && row.kind === "limit" ? ("warning" as const) : ("bad" as const);

export function Acts({ standing }: { standing: Reading<Standing> }) {
  const { t, format } = useTexts();
  const [acting, setActing] = useState(false);
  const [ending, setEnding] = useState<Held | null>(null);
  const rows = useMemo(() => (standing.value ? held(standing.value) : []), [standing.value]);
  const columns = useColumns(setEnding);
  const { problem } = standing;
  const waiting = standing.value?.proposals ?? [];
  return (
    <Panel
      title={t("acts")}
      note={
        waiting.length > 0 && (
          <>
            <Badge tone="accent">{t("proposals", { count: format.whole(waiting.length) })}</Badge>{" "}
            <Link to="/approvals">{t("to_approvals")}</Link>
          </>
        )
      }
      tools={
        <Button kind="main" onPress={() => setActing(true)}>
          {t("act")}
        </Button>
      }
      flush
    >
      <DataTable
        name="acts-standing"
        label={t("acts")}
        columns={columns}
        rows={rows}
        rowKey={keyOf}
        tone={toneOf}
        state={standing.state}
        {...(problem
          ? { failed: { code: problem.code, traceId: problem.traceId, onAgain: standing.again } }
          : {})}
        empty={t("acts_empty")}
      />
      {acting && <ActDialog onClose={() => setActing(false)} />}
      {ending && <EndDialog row={ending} onClose={() => setEnding(null)} />}
    </Panel>
  );
}

function useColumns(onEnd: (row: Held) => void): Column<Held>[] {
  const { t } = useTexts();
  return useMemo(
    () => [
      {
        key: "kind",
        title: t("column.kind"),
        kind: "text",
        value: (row) => (row.what === "decoupled" ? "decoupled" : row.kind),
        said: (row) => t(`held.${row.what === "decoupled" ? "decoupled" : row.kind}`),
        cell: (row) => (
          <State tone={toneOf(row)}>
            {t(`held.${row.what === "decoupled" ? "decoupled" : row.kind}`)}
          </State>
        ),
        width: 150,
        card: "title",
      },
      {
        key: "member",
        title: t("column.member"),
        kind: "text",
        value: (row) => (row.what === "decoupled" ? row.area_id : row.member_id),
        cell: (row) =>
          row.what === "decoupled"
            ? `${word(t, "level", "area")} ${row.area_id}`
            : `${word(t, "level", row.level)} ${row.member_id}`,
        width: 200,
      },
      {
        key: "withdrawal",
        title: t("column.withdrawal"),
        kind: "decimal",
        value: (row) => (row.what === "decoupled" ? null : row.withdrawal_max_kw),
        cell: (row) =>
          row.what === "narrowing" && row.withdrawal_max_kw !== null ? (
            <Power kw={row.withdrawal_max_kw} />
          ) : (
            "–"
          ),
        width: 130,
      },
      {
        key: "injection",
        title: t("column.injection"),
        kind: "decimal",
        value: (row) => (row.what === "decoupled" ? null : row.injection_max_kw),
        cell: (row) =>
          row.what === "narrowing" && row.injection_max_kw !== null ? (
            <Power kw={row.injection_max_kw} />
          ) : (
            "–"
          ),
        width: 130,
      },
      {
        key: "since",
        title: t("column.since"),
        kind: "time",
        value: ({ since }) => since,
        cell: ({ since }) => <Time at={since} day />,
        width: 190,
      },
      {
        key: "until",
        title: t("column.until"),
        kind: "time",
        value: (row) => (row.what === "decoupled" ? null : row.until),
        cell: (row) =>
          row.what === "narrowing" && row.until !== null ? (
            <Time at={row.until} day />
          ) : (
            t("until_ended")
          ),
        width: 190,
      },
      {
        key: "reason",
        title: t("column.reason"),
        kind: "text",
        value: ({ reason }) => reason,
        width: 200,
      },
      {
        key: "act",
        title: t("column.act"),
        kind: "text",
        value: () => null,
        sortable: false,
        cell: (row) => <Button onPress={() => onEnd(row)}>{t("end")}</Button>,
        width: 110,
      },
    ],
    [t, onEnd],
  );
}

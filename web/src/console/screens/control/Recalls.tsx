// Trades whose recall somebody asked for: two operators decide before the gate, else they stand.

import { useMemo, useState } from "react";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { Button } from "../../../parts/Button";
import { Panel } from "../../../parts/frame/Panel";
import { DataTable } from "../../../parts/table/DataTable";
import type { Column } from "../../../parts/table/columns";
import { Code, State } from "../../../parts/text/State";
import { Time } from "../../../parts/text/When";
import { useAct, type Reading } from "../../../wire/queries";
import type { Recall } from "./control";
import { useTexts } from "./texts";

interface Deciding {
  recall: Recall;
  decision: "cancel" | "deny";
}

const NONE: readonly Recall[] = [];
const keyOf = ({ match_id, start }: Recall) => `${match_id} ${start}`;

export function Recalls({ recalls }: { recalls: Reading<{ items: Recall[] }> }) {
  const { t, format } = useTexts();
  const toast = useToast();
  const [deciding, setDeciding] = useState<Deciding | null>(null);
  const decide = useAct("post", "/v1/markets/{market}/recalls:decide", {
    renews: ["/v1/markets/{market}/recalls", "/v1/markets/{market}/approvals"],
  });
  const columns = useColumns(setDeciding);
  const { problem } = recalls;
  const confirm = async ({ recall, decision }: Deciding) => {
    const { match_id, start } = recall;
    const answer = await decide.act({ body: { match_id, start, decision } });
    if (!answer.ok) return;
    setDeciding(null);
    if (answer.value.second_person_until === null) toast(t("decided"));
    else toast(t("second_wanted"), "warning");
  };
  return (
    <Panel title={t("tab.recalls")} note={t("recalls_note")} flush>
      <DataTable
        name="recalls"
        label={t("tab.recalls")}
        columns={columns}
        rows={recalls.value?.items ?? NONE}
        rowKey={keyOf}
        state={recalls.state}
        {...(problem
          ? { failed: { code: problem.code, traceId: problem.traceId, onAgain: recalls.again } }
          : {})}
        empty={t("recalls_empty")}
      />
      <ConfirmAct
        open={deciding !== null}
        title={deciding ? t(`decide_title.${deciding.decision}`) : ""}
        consequence={
          deciding && (
            <>
              <p>
                {t(`decide.${deciding.decision}`, {
                  count: format.whole(deciding.recall.trade_ids.length),
                })}
              </p>
              <p>{t("two_people")}</p>
            </>
          )
        }
        act={deciding ? t(`decision.${deciding.decision}`) : ""}
        reason="none"
        danger={deciding?.decision === "cancel"}
        busy={decide.busy}
        problem={decide.problem}
        onConfirm={() => deciding && void confirm(deciding)}
        onClose={() => {
          decide.forget();
          setDeciding(null);
        }}
      />
    </Panel>
  );
}

function useColumns(onDecide: (deciding: Deciding) => void): Column<Recall>[] {
  const { t, format } = useTexts();
  return useMemo(
    () => [
      {
        key: "match",
        title: t("column.match"),
        kind: "text",
        value: ({ match_id }) => match_id,
        width: 150,
        card: "title",
      },
      {
        key: "start",
        title: t("column.delivery"),
        kind: "time",
        value: ({ start }) => start,
        cell: ({ start }) => format.stamp(start),
        width: 190,
      },
      {
        key: "state",
        title: t("column.state"),
        kind: "text",
        value: ({ state }) => state,
        cell: ({ state }) => <Code family="trade_state" code={state} />,
        width: 120,
      },
      {
        key: "since",
        title: t("column.since"),
        kind: "time",
        value: ({ since }) => since,
        cell: ({ since }) => <Time at={since} seconds />,
        width: 110,
      },
      {
        key: "asked",
        title: t("column.asked"),
        kind: "text",
        value: ({ asked_by, asked_by_operator }) =>
          [...asked_by, ...(asked_by_operator ? [t("by.operator")] : [])].join(", "),
        width: 150,
      },
      {
        key: "reason",
        title: t("column.reason"),
        kind: "text",
        value: ({ reason }) => reason,
        width: 200,
      },
      {
        key: "proposal",
        title: t("column.proposal"),
        kind: "text",
        value: ({ proposal }) => proposal?.decision,
        cell: ({ proposal }) =>
          proposal == null ? (
            "–"
          ) : (
            <State tone="accent">
              {t(`decision.${proposal.decision}`)}, {proposal.by}
            </State>
          ),
        width: 170,
      },
      {
        key: "act",
        title: t("column.act"),
        kind: "text",
        value: () => null,
        sortable: false,
        cell: (recall) =>
          recall.state === "disputed" && (
            <>
              <Button onPress={() => onDecide({ recall, decision: "cancel" })}>
                {t("decision.cancel")}
              </Button>{" "}
              <Button kind="quiet" onPress={() => onDecide({ recall, decision: "deny" })}>
                {t("decision.deny")}
              </Button>
            </>
          ),
        width: 220,
      },
    ],
    [t, format, onDecide],
  );
}

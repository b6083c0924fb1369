// Where trading is stopped, and the buttons that stop it.

import { useMemo, useState } from "react";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { Button } from "../../../parts/Button";
import { Panel } from "../../../parts/frame/Panel";
import { DataTable } from "../../../parts/table/DataTable";
import type { Column } from "../../../parts/table/columns";
import { Badge, State } from "../../../parts/text/State";
import { Time } from "../../../parts/text/When";
import { useAct, type Reading } from "../../../wire/queries";
import type { Stop, StopKind } from "./control";
import { StopDialog } from "./StopDialog";
import { useTexts } from "./texts";

const keyOf = ({ kind, scope, key }: Stop) => `${kind} ${scope} ${key}`;
const NONE: readonly Stop[] = [];
const toneOf = () => "bad" as const;

export function Stops({ stops }: { stops: Reading<{ items: Stop[] }> }) {
  const { t } = useTexts();
  const toast = useToast();
  const [stopping, setStopping] = useState<StopKind | null>(null);
  const [releasing, setReleasing] = useState<Stop | null>(null);
  const release = useAct("post", "/v1/markets/{market}/stops:release", {
    renews: ["/v1/markets/{market}/stops", "/v1/markets/{market}/approvals"],
  });
  const columns = useColumns(setReleasing);
  const { problem } = stops;
  const rows = stops.value?.items ?? NONE;
  const free = stops.state === "ready" && rows.length === 0;

  const goOn = async (stop: Stop) => {
    const { kind, scope, key } = stop;
    const answer = await release.act({ body: { kind, scope, key } });
    if (!answer.ok) return;
    setReleasing(null);
    if (answer.value.released) toast(t("released"));
    else toast(t("second_wanted"), "warning");
  };
  return (
    <Panel
      title={t("stops")}
      note={
        free ? (
          <State tone="good">{t("nothing_stopped")}</State>
        ) : (
          stops.state === "ready" && <Badge tone="bad">{t("something_stopped")}</Badge>
        )
      }
      tools={
        <>
          <Button kind="danger" onPress={() => setStopping("halt")}>
            {t("halt")}
          </Button>
          <Button kind="danger" onPress={() => setStopping("kill")}>
            {t("kill")}
          </Button>
        </>
      }
      flush
    >
      <DataTable
        name="stops"
        label={t("stops")}
        columns={columns}
        rows={rows}
        rowKey={keyOf}
        tone={toneOf}
        state={stops.state}
        {...(problem
          ? { failed: { code: problem.code, traceId: problem.traceId, onAgain: stops.again } }
          : {})}
        empty={t("stops_empty")}
        bare
      />
      <StopDialog kind={stopping} onClose={() => setStopping(null)} />
      <ConfirmAct
        open={releasing !== null}
        title={releasing ? t("release_title", { what: t(`stop.${releasing.kind}`) }) : ""}
        consequence={
          releasing && (
            <>
              <p>{t(`release_consequence.${releasing.kind}`)}</p>
              <p>{t("two_people")}</p>
            </>
          )
        }
        act={t("release")}
        reason="none"
        busy={release.busy}
        problem={release.problem}
        onConfirm={() => releasing && void goOn(releasing)}
        onClose={() => {
          release.forget();
          setReleasing(null);
        }}
      />
    </Panel>
  );
}

function useColumns(onRelease: (stop: Stop) => void): Column<Stop>[] {
  const { t, format } = useTexts();
  return useMemo(
    () => [
      {
        key: "kind",
        title: t("column.kind"),
        kind: "text",
        value: ({ kind }) => kind,
        cell: ({ kind }) => <State tone="bad">{t(`stop.${kind}`)}</State>,
        width: 150,
        card: "title",
      },
      {
        key: "scope",
        title: t("column.scope"),
        kind: "text",
        value: ({ scope, key }) => `${scope} ${key}`,
        cell: ({ scope, key }) =>
          scope === "market"
            ? t("scope.market")
            : `${t(`scope.${scope}`)} ${scope === "interval" ? format.stamp(Number(key) * 1000) : key}`,
        width: 220,
      },
      {
        key: "since",
        title: t("column.since"),
        kind: "time",
        value: ({ since }) => since,
        cell: ({ since }) => <Time at={since} day seconds />,
        width: 200,
      },
      {
        key: "by",
        title: t("column.by"),
        kind: "text",
        value: ({ by }) => by,
        cell: ({ by }) => t(`by.${by}`),
        width: 110,
      },
      {
        key: "reason",
        title: t("column.reason"),
        kind: "text",
        value: ({ reason }) => reason,
        width: 220,
      },
      {
        key: "act",
        title: t("column.act"),
        kind: "text",
        value: () => null,
        sortable: false,
        cell: (stop) => <Button onPress={() => onRelease(stop)}>{t("release")}</Button>,
        width: 120,
      },
    ],
    [t, format, onRelease],
  );
}

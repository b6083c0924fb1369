// What the power flow says in figures, and what the check of the schedule found and changed.

import { useMemo } from "react";
import { Facts, type Fact } from "../../../parts/frame/Figures";
import { Panel } from "../../../parts/frame/Panel";
import { Empty } from "../../../parts/state/states";
import { DataTable } from "../../../parts/table/DataTable";
import type { Column } from "../../../parts/table/columns";
import { State } from "../../../parts/text/State";
import { pu, type Extremes } from "./network";
import { cutWord, useTexts } from "./texts";
import type { GridCheck, Network, PowerFlow } from "./wire";

interface SideProps {
  network: Network;
  checks: readonly GridCheck[];
  flow: PowerFlow | undefined;
  missing: boolean;
  worst: Extremes;
}

export function NetworkSide({ network, checks, flow, missing, worst }: SideProps) {
  const { t, format } = useTexts();
  const check = checks.at(-1);
  const kw = (text: string | null) =>
    text === null ? "–" : `${format.exact(text, 3)} ${t("unit.kw")}`;
  const now: Fact[] = [
    {
      label: t("network.state"),
      value:
        flow === undefined ? (
          <State tone="unknown">{t(missing ? "network.no_flow" : "network.asking")}</State>
        ) : !flow.solved ? (
          <State tone="bad">{t("network.unsolved")}</State>
        ) : (
          <State tone={worst.broken > 0 ? "bad" : "good"}>
            {worst.broken > 0
              ? t("network.broken", { count: format.whole(worst.broken) })
              : t("network.safe")}
          </State>
        ),
    },
    ...(worst.lowest && worst.highest
      ? [
          {
            label: t("network.lowest"),
            value: `${pu(worst.lowest.voltagePu)} ${t("unit.pu")}`,
            note: worst.lowest.id,
          },
          {
            label: t("network.highest"),
            value: `${pu(worst.highest.voltagePu)} ${t("unit.pu")}`,
            note: worst.highest.id,
          },
        ]
      : []),
    ...(worst.fullest
      ? [
          {
            label: t("network.fullest"),
            value: format.share(Math.round((worst.fullest.loading ?? 0) * 1e6)),
            note: worst.fullest.id,
          },
        ]
      : []),
    ...(flow?.solved
      ? [
          { label: t("network.losses"), value: kw(flow.loss_kw) },
          { label: t("network.source"), value: kw(flow.source_kw), note: network.source_bus },
        ]
      : []),
    ...(flow?.by === "readings"
      ? [
          {
            label: t("network.read"),
            value: t("of", {
              count: format.whole(flow.units_read),
              total: format.whole(flow.units),
            }),
          },
        ]
      : []),
    {
      label: t("network.size"),
      value: t("network.size_of", {
        buses: format.whole(network.buses.length),
        elements: format.whole(network.lines.length + network.transformers.length),
      }),
    },
  ];
  return (
    <>
      <Panel title={t("network.now")}>
        <Facts facts={now} />
      </Panel>
      <Panel title={t("check.title")}>
        {check === undefined ? (
          <Empty title={t("check.none")}>{t("check.none_text")}</Empty>
        ) : (
          <Check check={check} />
        )}
      </Panel>
    </>
  );
}

function Check({ check }: { check: GridCheck }) {
  const { t, format } = useTexts();
  const found = check.before.violation_count;
  const metered = check.metered;
  return (
    <Facts
      facts={[
        {
          label: t("check.found"),
          value:
            found === 0 ? (
              <State tone="good">{t("network.safe")}</State>
            ) : (
              <State tone="warning">{t("network.broken", { count: format.whole(found) })}</State>
            ),
        },
        {
          label: t("check.cure"),
          value: (
            <State tone={check.cured ? "good" : "bad"}>
              {t(
                check.cured
                  ? found === 0
                    ? "check.not_needed"
                    : check.by_rule
                      ? "check.by_rule"
                      : "check.cheapest"
                  : "check.not_cured",
              )}
            </State>
          ),
        },
        ...(check.redispatch
          ? [
              { label: t("check.changed"), value: format.whole(check.redispatch.changes.length) },
              {
                label: t("check.replacement"),
                value: `${format.exact(check.redispatch.replacement_kw, 3)} ${t("unit.kw")}`,
              },
            ]
          : []),
        {
          label: t("check.metered"),
          value:
            metered === null ? (
              t("check.not_metered")
            ) : (
              <State tone={metered.outside_minutes > 0 ? "bad" : "good"}>
                {metered.outside_minutes > 0
                  ? t("check.outside", { minutes: format.whole(metered.outside_minutes) })
                  : t("network.safe")}
              </State>
            ),
        },
      ]}
    />
  );
}

type Change = NonNullable<GridCheck["redispatch"]>["changes"][number];

export function Changes({ checks }: { checks: readonly GridCheck[] }) {
  const { t } = useTexts();
  const changes = useMemo(() => checks.at(-1)?.redispatch?.changes ?? [], [checks]);
  const columns = useMemo<Column<Change>[]>(
    () => [
      {
        key: "unit",
        title: t("column.unit"),
        kind: "text",
        value: ({ unit_id }) => unit_id,
        width: 180,
        card: "title",
      },
      {
        key: "from",
        title: t("column.from"),
        unit: t("unit.kw"),
        kind: "decimal",
        value: ({ from_kw }) => from_kw,
        width: 110,
      },
      {
        key: "to",
        title: t("column.to"),
        unit: t("unit.kw"),
        kind: "decimal",
        value: ({ to_kw }) => to_kw,
        width: 110,
      },
      {
        key: "reason",
        title: t("column.reason"),
        kind: "text",
        value: ({ reason }) => reason,
        said: ({ reason }) => cutWord(t, reason),
        cell: ({ reason }) => cutWord(t, reason),
        width: 170,
      },
      {
        key: "element",
        title: t("column.element"),
        kind: "text",
        value: ({ element_id }) => element_id || "–",
        width: 170,
      },
    ],
    [t],
  );
  if (changes.length === 0) return null;
  return (
    <Panel title={t("check.changes")} flush>
      <DataTable
        name="grid-changes"
        label={t("check.changes")}
        columns={columns}
        rows={changes}
        rowKey={({ unit_id }) => unit_id}
        empty=""
        height={Math.min(360, 60 + 36 * changes.length)}
      />
    </Panel>
  );
}

// The real grid of an area: where it stands, how full its wires are, how high its voltages; and what was changed for it.

import { useMemo } from "react";
import { ChartPanel } from "../../../parts/chart/ChartPanel";
import { useGridMarks } from "../../../parts/chart/GridGraph";
import { Choose } from "../../../parts/filter/Filters";
import { Split, Toolbar } from "../../../parts/frame/Page";
import { Empty, Failed, Loading } from "../../../parts/state/states";
import type { Column } from "../../../parts/table/columns";
import { useNews } from "../../../shell/live";
import type { Page } from "../../../wire/client";
import { useList, useRead, type Reading } from "../../../wire/queries";
import { busRows, elementRows, extremes, pu, type Extremes, type GridRow } from "./network";
import { NetworkPicture, Voltages } from "./NetworkPicture";
import { Changes, NetworkSide } from "./NetworkSide";
import { useTexts, type Say } from "./texts";
import { CHECKS, type Network } from "./wire";

const FLOW = "/v1/markets/{market}/power-flow";
const INTERVAL_MS = 1_000;

interface Props {
  networks: Reading<Page<Network>>;
  startMs: number | null;
  area: string | undefined;
  by: "schedule" | "readings";
  onArea(area: string | null): void;
  onBy(by: string | null): void;
  onMember(memberId: string): void;
}

export function NetworkPanel({ networks, area, ...rest }: Props) {
  const { t } = useTexts();
  const { value, problem } = networks;
  if (value === undefined) {
    return problem === null ? (
      <Loading shape="chart" />
    ) : (
      <Failed {...problem} onAgain={networks.again} />
    );
  }
  const network = value.items.find(({ area_id }) => area_id === area) ?? value.items[0];
  if (network === undefined)
    return <Empty title={t("network.none")}>{t("network.none_text")}</Empty>;
  return <OneNetwork network={network} networks={value.items} {...rest} />;
}

interface OneProps extends Omit<Props, "networks" | "area"> {
  network: Network;
  networks: readonly Network[];
}

function OneNetwork({ network, networks, startMs, by, onArea, onBy, onMember }: OneProps) {
  const { t, format } = useTexts();
  const { area_id } = network;
  const start = startMs === null ? "" : new Date(startMs).toISOString();
  const flow = useRead(FLOW, {
    query: { area_id, start, by },
    when: startMs !== null,
    keep: true,
  });
  const checks = useList(CHECKS, {
    query: { area_id, from: start, to: new Date((startMs ?? 0) + INTERVAL_MS).toISOString() },
    when: startMs !== null,
  });
  useNews("area", area_id, CHECKS, FLOW);
  // A refusal that is newer than what is kept of another interval counts.
  const told = flow.problem === null ? flow.value : undefined;
  const buses = useMemo(() => busRows(network, told), [network, told]);
  const elements = useMemo(() => elementRows(network, told), [network, told]);
  const worst = useMemo(() => extremes(buses, elements), [buses, elements]);
  const rows = useMemo<GridRow[]>(
    () => [
      ...elements.map((each) => ({ what: "element" as const, ...each })),
      ...buses.map((each) => ({ what: "bus" as const, ...each })),
    ],
    [buses, elements],
  );
  const missing = flow.problem?.code === "NOT_FOUND";
  const legend = useGridMarks();
  const columns = useColumns();
  const tools = (
    <Toolbar label={t("network.choose")}>
      {networks.length > 1 && (
        <Choose
          label={t("column.area")}
          value={area_id}
          all={null}
          options={networks.map(({ area_id: value }) => ({ value, text: value }))}
          onChange={onArea}
        />
      )}
      <Choose
        label={t("network.by")}
        value={by}
        all={null}
        options={(["schedule", "readings"] as const).map((value) => ({
          value,
          text: t(`by.${value}`),
        }))}
        onChange={onBy}
      />
    </Toolbar>
  );
  return (
    <>
      <Split
        percent={30}
        aside={
          <NetworkSide
            network={network}
            checks={checks.items}
            flow={told}
            missing={missing}
            worst={worst}
          />
        }
      >
        <ChartPanel<GridRow>
          name={`grid-${area_id}`}
          title={t("network.title", { area: area_id })}
          note={t("network.version", { version: format.whole(network.version) })}
          tools={tools}
          legend={legend}
          description={describe(t, format, network, worst)}
          columns={columns}
          rows={rows}
          rowKey={({ what, id }) => `${what} ${id}`}
          state={flow.state === "failed" && !missing ? "failed" : "ready"}
          {...(flow.problem === null || missing
            ? {}
            : { failed: { ...flow.problem, onAgain: flow.again } })}
          empty={t("network.none_text")}
          height={460}
          {...(missing
            ? { foot: t("network.not_yet") }
            : told?.solved
              ? { foot: <Voltages buses={buses} /> }
              : {})}
        >
          <NetworkPicture
            buses={buses}
            elements={elements}
            source={network.source_bus}
            onMember={onMember}
          />
        </ChartPanel>
      </Split>
      <Changes checks={checks.items} />
    </>
  );
}

type Speech = ReturnType<typeof useTexts>;

function describe(
  t: Say,
  format: Speech["format"],
  network: Network,
  { lowest, highest, fullest, broken }: Extremes,
): string {
  if (lowest === null || highest === null) {
    return t("network.picture_idle", {
      area: network.area_id,
      buses: format.whole(network.buses.length),
    });
  }
  return t("network.picture", {
    area: network.area_id,
    low: pu(lowest.voltagePu),
    low_bus: lowest.id,
    high: pu(highest.voltagePu),
    high_bus: highest.id,
    loading: fullest === null ? "–" : format.share(Math.round((fullest.loading ?? 0) * 1e6)),
    element: fullest?.id ?? "–",
    broken: format.whole(broken),
  });
}

function useColumns(): Column<GridRow>[] {
  const { t, format } = useTexts();
  return useMemo<Column<GridRow>[]>(
    () => [
      {
        key: "id",
        title: t("column.element"),
        kind: "text",
        value: ({ id }) => id,
        width: 150,
        card: "title",
      },
      {
        key: "kind",
        title: t("column.kind"),
        kind: "text",
        value: (row) => t(`element.${row.what === "bus" ? "bus" : row.kind}`),
        width: 120,
        choosable: true,
      },
      {
        key: "ends",
        title: t("column.ends"),
        kind: "text",
        value: (row) => (row.what === "bus" ? row.members.join(", ") : `${row.from} – ${row.to}`),
        width: 220,
      },
      {
        key: "loading",
        title: t("column.loading"),
        unit: "%",
        kind: "decimal",
        value: (row) =>
          row.what === "bus" || row.loading === null ? null : (row.loading * 100).toFixed(1),
        width: 100,
      },
      {
        key: "power",
        title: t("column.power"),
        unit: t("unit.kw"),
        kind: "decimal",
        value: (row) => (row.what === "bus" ? null : row.powerKw),
        width: 110,
      },
      {
        key: "voltage",
        title: t("column.voltage"),
        unit: t("unit.pu"),
        kind: "decimal",
        value: (row) => (row.what === "bus" ? row.voltagePu : null),
        width: 120,
      },
      {
        key: "limits",
        title: t("column.limits"),
        kind: "text",
        value: (row) =>
          row.what === "bus"
            ? `${row.lowestPu} – ${row.highestPu}`
            : row.kind === "line"
              ? `${format.plain(row.rating)} ${t("unit.a")}`
              : `${format.plain(row.rating)} ${t("unit.kva")}`,
        width: 140,
      },
    ],
    [t, format],
  );
}

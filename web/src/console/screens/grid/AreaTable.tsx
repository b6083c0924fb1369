// Each area as a row: price, net position, what binds, its state, its units.

import { useMemo } from "react";
import { Panel } from "../../../parts/frame/Panel";
import { Empty } from "../../../parts/state/states";
import { DataTable } from "../../../parts/table/DataTable";
import type { Column } from "../../../parts/table/columns";
import { State } from "../../../parts/text/State";
import type { AreaView, LineView } from "../../../market/views";
import { useRead } from "../../../wire/queries";
import type { Market } from "../../../wire/types";
import { useTexts } from "./texts";
import { countsOf } from "./units";
import { SYSTEM, type AreaPicture } from "../../system";
import type { UnitRow } from "./wire";

interface AreaRow extends AreaView {
  picture: AreaPicture | undefined;
  binding: string[];
  units: number;
  silent: number;
  needs: number;
}

const areaKey = ({ areaId }: AreaRow) => areaId;
const STATE_TONES = { coupled: "good", decoupled: "warning", stopped: "bad" } as const;

export function AreaTable({
  market,
  areas,
  lines,
  units,
}: {
  market: Market;
  areas: AreaView[];
  lines: LineView[];
  units: readonly UnitRow[];
}) {
  const { t, format } = useTexts();
  const system = useRead(SYSTEM, { everyMs: 60_000 });
  const unit = t("unit.price", { currency: market.currency });
  const rows = useMemo<AreaRow[]>(
    () =>
      areas.map((area) => {
        const counts = countsOf(units.filter(({ area_id }) => area_id === area.areaId));
        return {
          ...area,
          picture: system.value?.areas.find(({ area_id }) => area_id === area.areaId),
          binding: lines
            .filter(
              ({ binding, from, to }) => binding && (from === area.areaId || to === area.areaId),
            )
            .map(({ from, to }) => `${from} → ${to}`),
          ...{ units: counts.units, silent: counts.silent, needs: counts.needs },
        };
      }),
    [areas, lines, units, system.value],
  );
  const of = system.value?.limit_bound_of ?? 0;
  const columns = useMemo<Column<AreaRow>[]>(
    () => [
      {
        key: "area",
        title: t("column.area"),
        kind: "text",
        value: ({ areaId }) => areaId,
        width: 80,
        card: "title",
      },
      { key: "name", title: t("column.name"), kind: "text", value: ({ name }) => name, width: 140 },
      {
        key: "price",
        title: t("column.price"),
        unit,
        kind: "decimal",
        value: ({ price }) => price,
        cell: ({ price }) => format.price(price),
        width: 110,
      },
      {
        key: "net",
        title: t("column.net"),
        unit: t("unit.kw"),
        kind: "decimal",
        value: ({ exportW }) => (exportW === null ? null : (exportW / 1000).toFixed(3)),
        cell: ({ exportW }) => (exportW === null ? "–" : format.kwSigned(exportW)),
        width: 110,
      },
      {
        key: "binds",
        title: t("column.binding"),
        kind: "text",
        value: ({ binding }) => binding.join(", "),
        cell: ({ binding }) =>
          binding.length === 0 ? "–" : <State tone="warning">{binding.join(", ")}</State>,
        width: 150,
      },
      {
        key: "limit",
        title: t("column.limit_bound", { of: format.whole(of) }),
        kind: "decimal",
        value: ({ picture }) => (picture === undefined ? null : String(picture.limit_bound)),
        width: 110,
      },
      {
        key: "state",
        title: t("column.state"),
        kind: "text",
        value: ({ picture }) => picture?.state,
        said: ({ picture }) => (picture ? t(`area_state.${picture.state}`) : ""),
        cell: ({ picture }) =>
          picture ? (
            <State tone={STATE_TONES[picture.state]}>{t(`area_state.${picture.state}`)}</State>
          ) : (
            "–"
          ),
        width: 110,
      },
      {
        key: "voltage",
        title: t("column.voltage"),
        unit: t("unit.pu"),
        kind: "text",
        value: ({ picture }) => range(picture?.voltage_pu),
        width: 150,
      },
      {
        key: "outside",
        title: t("column.outside"),
        unit: t("unit.min"),
        kind: "decimal",
        value: ({ picture }) =>
          picture?.outside_minutes === undefined ? null : String(picture.outside_minutes),
        width: 120,
      },
      {
        key: "units",
        title: t("column.units"),
        kind: "decimal",
        value: (row) => String(row.units),
        width: 80,
      },
      {
        key: "silent",
        title: t("column.silent"),
        kind: "decimal",
        value: ({ silent }) => String(silent),
        cell: ({ silent }) =>
          silent > 0 ? <State tone="warning">{format.whole(silent)}</State> : "0",
        width: 90,
      },
    ],
    [t, unit, format, of],
  );
  return (
    <Panel
      title={t("areas.title")}
      {...(system.value
        ? { note: t("areas.note", { at: format.interval(system.value.start, system.value.end) }) }
        : {})}
      flush
    >
      {rows.length === 0 ? (
        <Empty>{t("map.empty")}</Empty>
      ) : (
        <DataTable
          name="grid-areas"
          label={t("areas.title")}
          columns={columns}
          rows={rows}
          rowKey={areaKey}
          empty={t("map.empty")}
          height={Math.min(420, 60 + 36 * rows.length)}
        />
      )}
    </Panel>
  );
}

/** Six places on the wire; three are enough to look at. */
const range = (values: readonly (string | null)[] | null | undefined): string | null => {
  const known = (values ?? []).filter((each) => each !== null);
  return known.length === 0 ? null : known.map((each) => Number(each).toFixed(3)).join(" – ");
};

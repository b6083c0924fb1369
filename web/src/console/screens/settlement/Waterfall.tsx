// Debts as they were covered: which layer paid what, in the published order.

import { useMemo } from "react";
import { Categories, marksOf, SERIES_COLOURS, type Series } from "../../../parts/chart/Categories";
import { ChartPanel } from "../../../parts/chart/ChartPanel";
import type { Column } from "../../../parts/table/columns";
import type { Listing } from "../../../wire/queries";
import { loaded, useCells } from "./cells";
import type { Default } from "./money";
import { useTexts } from "./texts";

/** From the debtor's own down to the operator. */
const LAYERS = ["own_amount", "collateral_amount", "fund_amount", "default_amount"] as const;

export function Waterfall({ read, currency }: { read: Listing<Default>; currency: string }) {
  const { t, format } = useTexts();
  const { text, money, time } = useCells<Default>(currency);
  const rows = read.items;
  const columns = useMemo<Column<Default>[]>(
    () => [
      text("default_id", 100),
      text("participant_id", 130, { card: "title" }),
      time("covered_at"),
      money("overdue_amount"),
      ...LAYERS.map((layer) => money(layer)),
      text("reason", 200),
    ],
    [text, money, time],
  );
  const labels = useMemo(
    () =>
      rows.map(({ participant_id, covered_at }) =>
        t("waterfall.row", { participant: participant_id, day: format.dayShort(covered_at) }),
      ),
    [rows, t, format],
  );
  const series = useMemo<Series[]>(
    () =>
      LAYERS.map((layer, place) => ({
        ...{ key: layer, label: t(`column.${layer}`), colour: SERIES_COLOURS[place] ?? "" },
        values: rows.map((row) => row[layer]),
      })),
    [rows, t],
  );
  const description = t("waterfall.text", { count: format.whole(rows.length) });
  return (
    <ChartPanel<Default>
      name="defaults"
      title={t("waterfall.title")}
      note={t("waterfall.note")}
      legend={marksOf(series)}
      description={description}
      columns={columns}
      rows={rows}
      rowKey={({ default_id }) => default_id}
      {...loaded(read)}
      empty={t("waterfall.empty")}
      height={70 + 44 * rows.length}
    >
      <Categories {...{ labels, series, description }} unit={currency} stacked lying />
    </ChartPanel>
  );
}

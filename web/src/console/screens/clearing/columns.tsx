// The columns of the list of runs, which are its chart's table too.

import { useMemo } from "react";
import type { Column } from "../../../parts/table/columns";
import { Money } from "../../../parts/text/Quantity";
import { Id, State } from "../../../parts/text/State";
import { Interval } from "../../../parts/text/When";
import type { Market } from "../../../wire/types";
import type { ClearingRun } from "../../wire";
import { limitCounts, toneOf } from "./runs";
import { useTexts, type Key } from "./texts";

export function useRunColumns({ currency }: Market): Column<ClearingRun>[] {
  const { t, format } = useTexts();
  return useMemo((): Column<ClearingRun>[] => {
    const rung = (run: ClearingRun) => t(`rung.${run.rung}` as Key);
    const bound = (run: ClearingRun) =>
      limitCounts(run.binding)
        .map(({ member, direction }) => `${member} ${t(`direction.${direction}`)}`)
        .join(", ");
    return [
      {
        ...{ key: "start", title: t("column.interval"), kind: "time", width: 140, card: "title" },
        value: (run) => run.start,
        cell: (run) => <Interval start={run.start} end={run.end} />,
      },
      {
        ...{ key: "call", title: t("column.call"), kind: "text", width: 120, choosable: true },
        value: (run) => run.call,
        said: (run) => t(`call.${run.call}`),
        cell: (run) => t(`call.${run.call}`),
      },
      {
        ...{ key: "rung", title: t("column.rung"), kind: "text", width: 170, choosable: true },
        value: (run) => run.rung,
        said: rung,
        cell: (run) => <State tone={toneOf(run.rung)}>{rung(run)}</State>,
      },
      {
        ...{ key: "gap", title: t("column.gap"), kind: "decimal", unit: t("column.ppm") },
        value: (run) => run.gap_ppm,
        cell: (run) => format.whole(run.gap_ppm),
      },
      {
        ...{ key: "solve", title: t("column.solve"), kind: "decimal", unit: t("unit.ms") },
        value: (run) => run.solve_ms,
        cell: (run) => format.whole(run.solve_ms),
      },
      {
        ...{ key: "binding", title: t("column.binding"), kind: "text", width: 190 },
        value: (run) => (run.binding.length === 0 ? null : bound(run)),
        cell: (run) => (run.binding.length === 0 ? "–" : bound(run)),
      },
      {
        ...{ key: "audit", title: t("column.audit"), kind: "decimal", width: 120 },
        value: (run) => run.audit_faults.length,
        said: (run) => run.audit_faults.join(" "),
        cell: (run) =>
          run.audit_faults.length === 0 ? (
            <State tone="good">{t("column.no_faults")}</State>
          ) : (
            <State tone="bad">{format.whole(run.audit_faults.length)}</State>
          ),
      },
      {
        ...{
          key: "welfare",
          title: t("column.welfare"),
          kind: "decimal",
          unit: currency,
          unitInCells: true,
        },
        value: (run) => run.welfare,
        cell: (run) => <Money amount={run.welfare} currency={currency} />,
      },
      {
        ...{
          key: "bound",
          title: t("column.bound"),
          kind: "decimal",
          unit: currency,
          unitInCells: true,
        },
        value: (run) => run.upper_bound,
        cell: (run) => <Money amount={run.upper_bound} currency={currency} />,
        hidden: true,
      },
      {
        ...{ key: "intervals", title: t("column.intervals"), kind: "decimal" },
        value: (run) => run.intervals,
        cell: (run) => format.whole(run.intervals),
      },
      {
        ...{ key: "receipt", title: t("column.receipt"), kind: "text" },
        value: (run) => run.receipt_hash,
        cell: (run) => <Id value={run.receipt_hash} />,
      },
    ];
  }, [t, format, currency]);
}

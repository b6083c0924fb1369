// The blotter's columns.

import { useMemo } from "react";
import type { Column } from "../../../parts/table/columns";
import { Badge, State, type Tone } from "../../../parts/text/State";
import { Time } from "../../../parts/text/When";
import { word } from "../../../language/words";
import type { Order } from "../../../market/orders";
import type { Market } from "../../../wire/types";
import type { Mark } from "./anomalies";
import { SideMark } from "./LiveBook";
import { kindWord, useTexts } from "./texts";

const TONES: Readonly<Record<string, Tone>> = {
  filled: "good",
  partially_filled: "good",
  active: "accent",
  rejected: "bad",
};

export function useColumns(
  market: Market,
  marks: ReadonlyMap<string, readonly Mark[]>,
  /** All are of one interval, which is said above them. */
  one: boolean,
): Column<Order>[] {
  const { t, format } = useTexts();
  const { currency } = market;
  return useMemo<Column<Order>[]>(() => {
    const price = t("unit.price", { currency });
    const said = ({ order_id }: Order) =>
      (marks.get(order_id) ?? []).map(({ kind }) => t(`mark.${kind}`)).join(", ");
    return [
      {
        ...{ key: "marks", title: t("column.marks"), kind: "text", width: 140 },
        hidden: !one,
        value: ({ order_id }) =>
          marks
            .get(order_id)
            ?.map(({ kind }) => kind)
            .join(" ") ?? null,
        said,
        cell: ({ order_id }) => (
          <span className="ob-marks">
            {(marks.get(order_id) ?? []).map(({ kind }) => (
              <Badge key={kind} tone="warning">
                {t(`mark.${kind}`)}
              </Badge>
            ))}
          </span>
        ),
      },
      {
        ...{ key: "state", title: t("column.state"), kind: "text", width: 140 },
        value: ({ state }) => state,
        said: ({ state }) => word(t, "order_state", state),
        cell: ({ state }) => (
          <State
            tone={TONES[state] ?? "unknown"}
            {...(state in TONES ? {} : { icon: "level" as const })}
          >
            {word(t, "order_state", state)}
          </State>
        ),
      },
      {
        ...{ key: "participant", title: t("column.participant"), kind: "text", card: "title" },
        value: ({ participant_id }) => participant_id,
      },
      {
        ...{ key: "unit", title: t("column.unit"), kind: "text", width: 140 },
        value: ({ unit_id }) => unit_id,
      },
      {
        ...{ key: "area", title: t("column.area"), kind: "text", width: 80 },
        value: ({ area_id }) => area_id,
      },
      {
        ...{ key: "start", title: t("column.delivery"), kind: "time", width: 150 },
        hidden: one,
        value: ({ start }) => start,
        cell: ({ start, end }) => `${format.dayShort(start)} ${format.interval(start, end)}`,
      },
      {
        ...{ key: "side", title: t("side.label"), kind: "text", width: 90 },
        value: ({ side }) => side,
        said: ({ side }) => t(`side.${side}`),
        cell: ({ side, kind }) => (kind === "storage" ? "–" : <SideMark side={side} />),
      },
      {
        ...{ key: "price", title: t("column.price"), unit: price, kind: "decimal" },
        value: ({ price_per_mwh }) => price_per_mwh,
        cell: ({ price_per_mwh }) => format.price(price_per_mwh),
      },
      {
        ...{ key: "energy", title: t("column.energy"), unit: t("unit.kwh"), kind: "decimal" },
        value: ({ energy_kwh }) => energy_kwh,
        cell: ({ energy_kwh }) => format.kwh(energy_kwh),
      },
      {
        ...{ key: "filled", title: t("column.filled"), unit: t("unit.kwh"), kind: "decimal" },
        value: ({ filled_kwh }) => filled_kwh,
        cell: ({ filled_kwh }) => format.kwh(filled_kwh),
      },
      {
        ...{ key: "kind", title: t("column.kind"), kind: "text", choosable: true },
        value: ({ kind }) => kind,
        said: ({ kind }) => kindWord(t, kind),
        cell: ({ kind }) => kindWord(t, kind),
      },
      {
        ...{ key: "accepted", title: t("column.accepted"), kind: "time", hidden: true, width: 190 },
        value: ({ accepted_at }) => accepted_at,
        cell: ({ accepted_at }) => <Time at={accepted_at} day seconds />,
      },
      {
        ...{ key: "order", title: t("column.order"), kind: "text", hidden: true },
        value: ({ order_id }) => order_id,
      },
      {
        ...{ key: "client_order", title: t("column.client_order"), kind: "text", hidden: true },
        value: ({ client_order_id }) => client_order_id,
      },
      {
        ...{
          key: "held",
          title: t("column.held"),
          unit: currency,
          unitInCells: true,
          kind: "decimal",
          hidden: true,
        },
        value: ({ held }) => held,
        cell: ({ held }) => format.money(held, currency),
      },
      {
        ...{ key: "sequence", title: t("column.sequence"), kind: "decimal", hidden: true },
        value: ({ sequence }) => sequence,
      },
    ];
  }, [t, format, currency, marks, one]);
}

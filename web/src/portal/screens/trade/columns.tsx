// The columns of orders, in every table that shows some.

import { useMemo } from "react";
import type { Column } from "../../../parts/table/columns";
import { Money } from "../../../parts/text/Quantity";
import { State, type Tone } from "../../../parts/text/State";
import { Interval } from "../../../parts/text/When";
import { useMarket } from "../../../shell/markets";
import { word } from "../../../language/words";
import type { OfferState, Order } from "./answers";
import { useTexts } from "./texts";

const TONES: Record<string, Tone> = {
  filled: "good",
  partially_filled: "accent",
  active: "accent",
  pending: "warning",
  hibernated: "unknown",
};

/** How inquiries and quotes stand. */
export const OFFER_TONES = {
  open: "warning",
  accepted: "good",
  lost: "unknown",
  declined: "bad",
  withdrawn: "unknown",
  expired: "unknown",
} as const satisfies Record<OfferState, Tone>;

export function useOrderColumns(): readonly Column<Order>[] {
  const { t, format } = useTexts();
  const { currency } = useMarket();
  return useMemo<Column<Order>[]>(
    () => [
      {
        ...{ key: "start", title: t("orders.interval"), kind: "time", width: 215, card: "title" },
        value: ({ start }) => start,
        cell: ({ start, end }) => <Interval start={start} end={end} day />,
      },
      {
        ...{ key: "unit", title: t("orders.unit"), kind: "text", width: 140 },
        value: ({ unit_id }) => unit_id,
      },
      {
        ...{ key: "side", title: t("side.label"), kind: "text", width: 70 },
        value: ({ side }) => side,
        cell: ({ side }) => t(`side.${side}`),
        said: ({ side }) => t(`side.${side}`),
      },
      {
        ...{ key: "price", title: t("orders.price"), kind: "decimal", width: 110 },
        unit: t("unit.price", { currency }),
        value: ({ price_per_mwh }) => price_per_mwh,
        cell: ({ price_per_mwh }) => format.price(price_per_mwh),
      },
      {
        ...{ key: "energy", title: t("orders.energy"), kind: "decimal", width: 100 },
        unit: t("unit.kwh"),
        value: ({ energy_kwh }) => energy_kwh,
        cell: ({ energy_kwh }) => format.kwh(energy_kwh),
      },
      {
        ...{ key: "filled", title: t("orders.filled"), kind: "decimal", width: 100 },
        unit: t("unit.kwh"),
        value: ({ filled_kwh }) => filled_kwh,
        cell: ({ filled_kwh }) => format.kwh(filled_kwh),
      },
      {
        ...{ key: "held", title: t("orders.held"), kind: "decimal", width: 90 },
        value: ({ held }) => held,
        cell: ({ held }) => <Money amount={held} currency={currency} />,
      },
      {
        ...{ key: "state", title: t("orders.state"), kind: "text", width: 120 },
        value: ({ state }) => state,
        said: ({ state }) => word(t, "order_state", state),
        cell: ({ state }) => (
          <State tone={TONES[state] ?? "unknown"}>{word(t, "order_state", state)}</State>
        ),
      },
    ],
    [t, format, currency],
  );
}

export const orderKey = ({ order_id }: Order): string => order_id;

// What energy costs in the hours to come, as far as the market knows.

import { useMemo } from "react";
import { ChartPanel } from "../../../parts/chart/ChartPanel";
import { SlotBars } from "../../../parts/chart/SlotBars";
import type { Column } from "../../../parts/table/columns";
import { useLive } from "../../../shell/live";
import { useMarket } from "../../../shell/markets";
import type { Format } from "../../../language/format";
import type { PriceAhead } from "../own";
import { cheapest, priceSlots, type PriceSlot } from "./home";
import { useTexts, type Say } from "./texts";

export function PricePanel({ prices, since }: { prices: readonly PriceAhead[]; since: string }) {
  const { t, format } = useTexts();
  const { currency } = useMarket();
  const { live } = useLive();
  const slots = useMemo(() => priceSlots(prices), [prices]);
  const best = useMemo(() => cheapest(slots), [slots]);
  const columns = useMemo(() => columnsOf(t, format, currency), [t, format, currency]);
  const bars = useMemo(() => slots.map((each) => ({ ...each, value: each.price })), [slots]);
  const unit = t("unit.price", { currency });
  const known = slots.filter(({ sure }) => sure).length;
  const first = best && slots.indexOf(best);
  const description = t("prices.description", {
    known,
    count: slots.length,
    price: format.price(best?.price),
    unit,
    time: best ? format.interval(best.start, best.end) : "–",
  });
  return (
    <ChartPanel
      name="prices-ahead"
      title={t("prices.title")}
      legend={[
        { key: "sure", label: t("prices.sure"), colour: "--accent", shape: "square" },
        { key: "expected", label: t("prices.expected"), colour: "--control", shape: "line" },
      ]}
      {...{ description, columns }}
      rows={slots}
      rowKey={({ start }) => start}
      empty={t("prices.empty")}
      stale={!live}
      staleSince={since}
      height={210}
      foot={
        best &&
        t("prices.best", {
          time: format.interval(best.start, best.end),
          price: format.price(best.price),
          unit,
        })
      }
    >
      <SlotBars
        slots={bars}
        label={t("prices.title")}
        valueText={(value) => `${format.price(value)} ${unit}`}
        expected={t("prices.expected_short")}
        marked={first}
      />
    </ChartPanel>
  );
}

function columnsOf(t: Say, format: Format, currency: string): Column<PriceSlot>[] {
  const unit = t("unit.price", { currency });
  const price = (value: string | null) => format.price(value);
  return [
    {
      key: "start",
      title: t("prices.interval"),
      kind: "time",
      value: ({ start }) => start,
      cell: ({ start, end }) => format.interval(start, end),
      card: "title",
    },
    {
      ...{ key: "price", title: t("prices.price"), unit, kind: "decimal" },
      value: ({ price: value }) => value,
      cell: ({ price: value }) => price(value),
    },
    {
      ...{ key: "sure", title: t("prices.known"), kind: "text" },
      value: ({ sure }) => t(sure ? "prices.sure" : "prices.expected_short"),
    },
    {
      ...{ key: "ask", title: t("prices.ask"), unit, kind: "decimal" },
      value: ({ ask }) => ask,
      cell: ({ ask }) => price(ask),
    },
    {
      ...{ key: "bid", title: t("prices.bid"), unit, kind: "decimal" },
      value: ({ bid }) => bid,
      cell: ({ bid }) => price(bid),
    },
  ];
}

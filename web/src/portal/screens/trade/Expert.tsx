// The expert's way: an order with the book beside it, and what one has in the market.

import { useState } from "react";
import { Choose, Filters } from "../../../parts/filter/Filters";
import { Split } from "../../../parts/frame/Page";
import type { Unit } from "./answers";
import { BlockForm } from "./BlockForm";
import { Cover } from "./Cover";
import { DepthPanel } from "./DepthPanel";
import { IntervalOrders } from "./IntervalOrders";
import { useOpenIntervals } from "./mine";
import { OpenOrders } from "./OpenOrders";
import { EMPTY, OrderForm, type OrderDraft } from "./OrderForm";
import { useTexts } from "./texts";

export function Expert({ units }: { units: readonly Unit[] }) {
  const { t } = useTexts();
  const [what, choose] = useState<"one" | "block">("one");
  // Far enough for the whole day of an opening call.
  const intervals = useOpenIntervals(48);
  const [draft, setDraft] = useState<OrderDraft>(() => ({
    ...EMPTY,
    unit: units[0]?.unit_id ?? "",
  }));
  const change = (part: Partial<OrderDraft>) => setDraft((before) => ({ ...before, ...part }));
  const unit = units.find(({ unit_id }) => unit_id === draft.unit) ?? units[0];
  // The first that continuous trading has open, else the first of all: a form is never without one.
  const chosen =
    intervals.items.find(({ start }) => start === draft.start) ??
    intervals.items.find(({ phase }) => phase === "continuous") ??
    intervals.items[0];
  const OrderEntry = what === "one" ? OrderForm : BlockForm;
  return (
    <>
      <Split
        percent={40}
        aside={
          <>
            <DepthPanel
              areaId={unit?.area_id ?? ""}
              start={chosen?.start ?? null}
              phase={chosen?.phase ?? null}
              onPick={(price) => change({ price })}
            />
            <Cover />
          </>
        }
      >
        <Filters label={t("order.what")}>
          <Choose
            label={t("order.what")}
            value={what}
            all={null}
            onChange={(next) => choose(next === "block" ? "block" : "one")}
            options={[
              { value: "one", text: t("order.what_one") },
              { value: "block", text: t("order.what_block") },
            ]}
          />
        </Filters>
        <OrderEntry
          units={units}
          unit={unit}
          draft={draft}
          change={change}
          intervals={intervals.items}
          interval={chosen}
        />
      </Split>
      <OpenOrders />
      <IntervalOrders />
    </>
  );
}

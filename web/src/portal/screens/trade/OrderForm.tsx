// One order: what it is worth, whether it is covered, and what would be refused, before it is sent.

import { useState } from "react";
import { useToast } from "../../../parts/act/toasts";
import { ChoiceField, DecimalField, RadioCards, SwitchField } from "../../../parts/form/fields";
import { Form } from "../../../parts/form/Form";
import { Facts } from "../../../parts/frame/Figures";
import { Panel } from "../../../parts/frame/Panel";
import { Empty } from "../../../parts/state/states";
import { Money } from "../../../parts/text/Quantity";
import { State } from "../../../parts/text/State";
import { useMarket } from "../../../shell/markets";
import { word } from "../../../language/words";
import { newKey, UNREACHABLE } from "../../../wire/client";
import { useAct } from "../../../wire/queries";
import type { Interval } from "../../../wire/types";
import type { Side, Unit } from "./answers";
import { COLLATERAL, ORDERS, TRADES, useCover } from "./mine";
import { capabilityKwh, kindOf, sidesOf, valueOf, warningsOf } from "./rules";
import { useTexts } from "./texts";

export interface OrderDraft {
  unit: string;
  start: string;
  side: Side | "";
  price: string;
  kwh: string;
  tif: string;
  green: boolean;
  postOnly: boolean;
}

export const EMPTY: OrderDraft = {
  ...{ unit: "", start: "", side: "", price: "", kwh: "" },
  ...{ tif: "gfs", green: false, postOnly: false },
};

const TIFS = ["gfs", "ioc", "fok"] as const;
type Tif = (typeof TIFS)[number];

interface OrderFormProps {
  units: readonly Unit[];
  unit: Unit | undefined;
  draft: OrderDraft;
  change(part: Partial<OrderDraft>): void;
  intervals: readonly Interval[];
  interval: Interval | undefined;
}

export function OrderForm({ units, unit, draft, change, intervals, interval }: OrderFormProps) {
  const { t, format } = useTexts();
  const market = useMarket();
  const toast = useToast();
  const { collateral, limits } = useCover();
  const [orderId, setOrderId] = useState(newKey);
  const place = useAct("post", ORDERS, { renews: [ORDERS, TRADES, COLLATERAL] });
  const minutes = market.interval_minutes;
  if (!unit || !interval) {
    return (
      <Panel title={t("order.title")}>
        <Empty>{t("order.none_open")}</Empty>
      </Panel>
    );
  }
  const sides = sidesOf(unit);
  const side = draft.side !== "" && sides.includes(draft.side) ? draft.side : (sides[0] ?? "buy");
  const capability = capabilityKwh(unit, side, minutes);
  const value = valueOf(draft.price, draft.kwh);
  const warnings = warningsOf(
    { side, price: draft.price, kwh: draft.kwh },
    capability,
    collateral.value,
    limits.value,
  );
  const submit = async () => {
    const answer = await place.act({
      body: {
        kind: "limit",
        client_order_id: `portal-${orderId}`,
        unit_id: unit.unit_id,
        start: interval.start,
        side,
        price_per_mwh: draft.price,
        energy_kwh: draft.kwh,
        tif: draft.tif as Tif,
        green_only: side === "buy" && draft.green,
        post_only: draft.postOnly,
      },
    });
    // Sent again after silence it must be the same order; after any answer it is another one.
    if (!answer.ok && answer.problem.code === UNREACHABLE) return;
    setOrderId(newKey());
    if (!answer.ok) return;
    toast(t("order.placed", { state: word(t, "order_state", answer.value.state) }));
  };
  return (
    <Panel title={t("order.title")} note={word(t, "phase", interval.phase)}>
      <Form
        label={t("order.title")}
        problem={place.problem}
        busy={place.busy}
        submit={t(`order.submit_${side}`)}
        onSubmit={() => void submit()}
      >
        <div className="trade-pair">
          <ChoiceField
            pointer="/unit_id"
            label={t("order.unit")}
            value={unit.unit_id}
            onChange={(next) => change({ unit: next, side: "" })}
            options={units.map((each) => ({
              value: each.unit_id,
              text: `${t(`unit_kind.${kindOf(each)}`)} · ${each.unit_id}`,
            }))}
          />
          <ChoiceField
            pointer="/start"
            label={t("order.interval")}
            value={interval.start}
            onChange={(start) => change({ start })}
            options={intervals.map(({ start, end, phase }) => ({
              value: start,
              text: `${format.dayShort(start)}, ${format.interval(start, end)} · ${word(t, "phase", phase)}`,
            }))}
          />
        </div>
        <RadioCards
          pointer="/side"
          label={t("side.label")}
          value={side}
          onChange={(next) => change({ side: next as Side })}
          cards={sides.map((each) => ({
            value: each,
            text: t(`side.${each}`),
            note: t(`order.${each}_note`),
          }))}
        />
        <div className="trade-pair">
          <DecimalField
            pointer="/price_per_mwh"
            label={t(`order.price_${side}`)}
            unit={t("unit.price", { currency: market.currency })}
            step="0.01"
            value={draft.price}
            onChange={(price) => change({ price })}
          />
          <DecimalField
            pointer="/energy_kwh"
            label={t("order.energy")}
            note={t("order.energy_note", { max: format.exact(capability) })}
            unit={t("unit.kwh")}
            min="0.001"
            step="0.001"
            value={draft.kwh}
            onChange={(kwh) => change({ kwh })}
          />
        </div>
        <details className="trade-more">
          <summary>{t("order.more")}</summary>
          <ChoiceField
            pointer="/tif"
            label={t("order.tif")}
            value={draft.tif}
            onChange={(tif) => change({ tif })}
            options={TIFS.map((each) => ({ value: each, text: word(t, "time_in_force", each) }))}
          />
          {side === "buy" && (
            <SwitchField
              pointer="/green_only"
              label={t("simple.green")}
              note={t("order.green_note")}
              value={draft.green}
              onChange={(green) => change({ green })}
            />
          )}
          <SwitchField
            pointer="/post_only"
            label={t("order.post_only")}
            note={t("order.post_only_note")}
            value={draft.postOnly}
            onChange={(postOnly) => change({ postOnly })}
          />
        </details>
        <div className="trade-preview" aria-live="polite">
          <Facts
            facts={[
              {
                label: t(side === "buy" ? "order.costs" : "order.earns"),
                value: <Money amount={value} currency={market.currency} places={4} />,
                note: t("order.without_fees"),
              },
              {
                label: t("cover.available"),
                value: <Money amount={collateral.value?.available} currency={market.currency} />,
              },
            ]}
          />
          {warnings.map((each) => (
            <State key={each} tone="warning">
              {t(`order.warn_${each}`, {
                max: format.exact(capability),
                limit: format.money(limits.value?.order_value_max, market.currency),
              })}
            </State>
          ))}
        </div>
      </Form>
    </Panel>
  );
}

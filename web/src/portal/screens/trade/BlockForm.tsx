// A block: one price over several intervals, all of them or none; in an opening call also a part, or tied to others.

import { useState } from "react";
import { useToast } from "../../../parts/act/toasts";
import { ChoiceField, DecimalField, RadioCards, TextField } from "../../../parts/form/fields";
import { Form } from "../../../parts/form/Form";
import { Facts } from "../../../parts/frame/Figures";
import { Panel } from "../../../parts/frame/Panel";
import { Empty } from "../../../parts/state/states";
import { Money } from "../../../parts/text/Quantity";
import { State } from "../../../parts/text/State";
import { useMarket } from "../../../shell/markets";
import { word } from "../../../language/words";
import { newKey, UNREACHABLE } from "../../../wire/client";
import { useAct, useList } from "../../../wire/queries";
import type { Interval } from "../../../wire/types";
import type { Side, Unit } from "./answers";
import { blockKwh, isSealed, KINDS, leastPpm, legsFrom, parentsOf, type BlockKind } from "./blocks";
import { COLLATERAL, ORDERS, TRADES, useCover } from "./mine";
import type { OrderDraft } from "./OrderForm";
import { capabilityKwh, kindOf, sidesOf, valueOf, warningsOf } from "./rules";
import { useTexts } from "./texts";

interface BlockFormProps {
  units: readonly Unit[];
  unit: Unit | undefined;
  draft: OrderDraft;
  change(part: Partial<OrderDraft>): void;
  intervals: readonly Interval[];
  interval: Interval | undefined;
}

export function BlockForm({ units, unit, draft, change, intervals, interval }: BlockFormProps) {
  const { t, format } = useTexts();
  const market = useMarket();
  const toast = useToast();
  const { collateral, limits } = useCover();
  const [orderId, setOrderId] = useState(newKey);
  const [count, setCount] = useState("4");
  const [chosenKind, setKind] = useState<BlockKind>("block");
  const [least, setLeast] = useState("100");
  const [parent, setParent] = useState("");
  const [group, setGroup] = useState("");
  const own = useList(ORDERS, { query: { state: "active" }, all: true });
  const renews = { renews: [ORDERS, TRADES, COLLATERAL] as const };
  const sealedAct = useAct("post", ORDERS, renews);
  const openAct = useAct("post", "/v1/markets/{market}/orders:block", renews);
  if (!unit || !interval) {
    return (
      <Panel title={t("block.title")}>
        <Empty>{t("order.none_open")}</Empty>
      </Panel>
    );
  }
  const legs = legsFrom(intervals, interval.start, count);
  const sealed = isSealed(legs, market.day_ahead != null);
  const place = sealed ? sealedAct : openAct;
  const kind = sealed ? chosenKind : "block";
  const parents = parentsOf(own.items);
  const sides = sidesOf(unit);
  const side = draft.side !== "" && sides.includes(draft.side) ? draft.side : (sides[0] ?? "buy");
  const capability = capabilityKwh(unit, side, market.interval_minutes);
  const total = blockKwh(draft.kwh, legs.length);
  const value = total === null ? null : valueOf(draft.price, total);
  const warnings = [
    ...warningsOf({ side, price: "", kwh: draft.kwh }, capability, undefined, undefined),
    ...(total === null
      ? []
      : warningsOf(
          { side, price: draft.price, kwh: total },
          total,
          collateral.value,
          limits.value,
        )),
  ];
  const last = legs.at(-1);
  const submit = async () => {
    const terms = {
      client_order_id: `portal-${orderId}`,
      unit_id: unit.unit_id,
      side,
      price_per_mwh: draft.price,
      legs: legs.map(({ start }) => ({ start, energy_kwh: draft.kwh })),
    };
    const ratio = { ratio_min_ppm: leastPpm(least) ?? 0 };
    const sent = !sealed
      ? openAct.act({ body: terms })
      : kind === "linked"
        ? sealedAct.act({ body: { kind, ...terms, ...ratio, parent } })
        : kind === "exclusive"
          ? sealedAct.act({ body: { kind, ...terms, ...ratio, group: group.trim() } })
          : sealedAct.act({ body: { kind, ...terms, ...ratio } });
    const answer = await sent;
    // Sent again after silence it must be the same order; after any answer it is another one.
    if (!answer.ok && answer.problem.code === UNREACHABLE) return;
    setOrderId(newKey());
    if (!answer.ok) return;
    toast(t("order.placed", { state: word(t, "order_state", answer.value.state) }));
  };
  return (
    <Panel title={t("block.title")} note={word(t, "phase", interval.phase)}>
      <Form
        label={t("block.title")}
        problem={place.problem}
        busy={place.busy}
        submit={t(`block.submit_${side}`)}
        onSubmit={() => void submit()}
      >
        <p className="trade-lead">{t(sealed ? "block.about_sealed" : "block.about_open")}</p>
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
            pointer="/side"
            label={t("side.label")}
            value={side}
            onChange={(next) => change({ side: next as Side })}
            options={sides.map((each) => ({ value: each, text: t(`side.${each}`) }))}
          />
          <ChoiceField
            pointer="/legs"
            label={t("offers.from")}
            value={interval.start}
            onChange={(start) => change({ start })}
            options={intervals.map(({ start, end, phase }) => ({
              value: start,
              text: `${format.dayShort(start)}, ${format.interval(start, end)} · ${word(t, "phase", phase)}`,
            }))}
          />
          <DecimalField
            pointer="#count"
            label={t("offers.count")}
            note={
              last === undefined
                ? undefined
                : t("block.until", {
                    count: format.whole(legs.length),
                    until: format.stamp(last.end),
                  })
            }
            unit={t("offers.intervals")}
            min="1"
            max="100"
            step="1"
            value={count}
            onChange={setCount}
          />
          <DecimalField
            pointer="/price_per_mwh"
            label={t(`order.price_${side}`)}
            note={t("block.average")}
            unit={t("unit.price", { currency: market.currency })}
            step="0.01"
            value={draft.price}
            onChange={(price) => change({ price })}
          />
          <DecimalField
            pointer="#energy"
            label={t("offers.each")}
            note={t("order.energy_note", { max: format.exact(capability) })}
            unit={t("unit.kwh")}
            min="0.001"
            step="0.001"
            value={draft.kwh}
            onChange={(kwh) => change({ kwh })}
          />
        </div>
        {sealed && (
          <>
            <RadioCards
              pointer="/kind"
              label={t("block.kind")}
              value={kind}
              onChange={(next) => setKind(next as BlockKind)}
              cards={KINDS.map((each) => ({
                value: each,
                text: t(`block.kind_${each}`),
                note: t(`block.note_${each}`),
              }))}
            />
            <div className="trade-pair">
              <DecimalField
                pointer="/ratio_min_ppm"
                label={t("block.least")}
                note={t("block.least_note")}
                unit="%"
                min="0.0001"
                max="100"
                step="0.0001"
                value={least}
                onChange={setLeast}
              />
              {kind === "linked" && (
                <ChoiceField
                  pointer="/parent"
                  label={t("block.parent")}
                  note={parents.length === 0 ? t("block.no_parent") : undefined}
                  value={parent}
                  onChange={setParent}
                  options={parents.map((each) => ({
                    value: each.client_order_id,
                    text: `${each.order_id} · ${format.interval(each.start, each.end)} · ${format.price(each.price_per_mwh)}`,
                  }))}
                />
              )}
              {kind === "exclusive" && (
                <TextField
                  pointer="/group"
                  label={t("block.group")}
                  note={t("block.group_note")}
                  value={group}
                  onChange={setGroup}
                />
              )}
            </div>
          </>
        )}
        <div className="trade-preview" aria-live="polite">
          <Facts
            facts={[
              { label: t("block.total"), value: `${format.kwh(total)} ${t("unit.kwh")}` },
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
          {[...new Set(warnings)].map((each) => (
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

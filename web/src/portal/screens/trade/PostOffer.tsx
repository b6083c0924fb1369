// Posting a listing: one interval after the other at one price, for all or for neighbours only.

import { useState } from "react";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { ChoiceField, DecimalField, SwitchField } from "../../../parts/form/fields";
import { useMarket } from "../../../shell/markets";
import { newKey, UNREACHABLE } from "../../../wire/client";
import { useAct } from "../../../wire/queries";
import type { Side, Unit } from "./answers";
import { COLLATERAL, LISTINGS, useOpenIntervals } from "./mine";
import { capabilityKwh, kindOf, sidesOf } from "./rules";
import { useTexts } from "./texts";

export function PostOffer({ units, onClose }: { units: readonly Unit[]; onClose(): void }) {
  const { t, format } = useTexts();
  const market = useMarket();
  const toast = useToast();
  const intervals = useOpenIntervals();
  const [unitId, setUnit] = useState(units[0]?.unit_id ?? "");
  const [wantedSide, setSide] = useState<string>("sell");
  const [start, setStart] = useState("");
  const [count, setCount] = useState("1");
  const [price, setPrice] = useState("");
  const [kwh, setKwh] = useState("");
  const [neighbours, setNeighbours] = useState(false);
  const [named, setNamed] = useState(false);
  const [offerId, setOfferId] = useState(newKey);
  const post = useAct("post", LISTINGS, { renews: [LISTINGS, COLLATERAL] });
  const unit = units.find(({ unit_id }) => unit_id === unitId);
  const sides = unit ? sidesOf(unit) : [];
  const side = sides.find((each) => each === wantedSide) ?? sides[0] ?? "sell";
  const first = intervals.items.findIndex((each) => each.start === start);
  const legs = first < 0 ? [] : intervals.items.slice(first, first + (Number(count) || 1));
  const submit = async () => {
    const answer = await post.act({
      body: {
        client_listing_id: `portal-${offerId}`,
        unit_id: unitId,
        side,
        price_per_mwh: price,
        legs: legs.map((each) => ({ start: each.start, energy_kwh: kwh })),
        neighbours_only: neighbours,
        shows_name: named,
      },
    });
    if (!answer.ok && answer.problem.code === UNREACHABLE) return;
    setOfferId(newKey());
    if (!answer.ok) return;
    toast(t("offers.posted"));
    onClose();
  };
  return (
    <ConfirmAct
      open
      title={t("offers.post")}
      danger={false}
      consequence={<p>{t("offers.post_text")}</p>}
      act={t("offers.post")}
      reason="none"
      busy={post.busy}
      problem={post.problem}
      onClose={onClose}
      onConfirm={() => void submit()}
    >
      <ChoiceField
        pointer="/unit_id"
        label={t("order.unit")}
        value={unitId}
        onChange={setUnit}
        options={units.map((each) => ({
          value: each.unit_id,
          text: `${t(`unit_kind.${kindOf(each)}`)} · ${each.unit_id}`,
        }))}
      />
      <ChoiceField
        pointer="/side"
        label={t("side.label")}
        value={side}
        onChange={setSide}
        options={sides.map((each: Side) => ({ value: each, text: t(`side.${each}`) }))}
      />
      <ChoiceField
        pointer="/legs"
        label={t("offers.from")}
        value={start}
        onChange={setStart}
        options={intervals.items.map((each) => ({
          value: each.start,
          text: `${format.dayShort(each.start)}, ${format.interval(each.start, each.end)}`,
        }))}
      />
      <DecimalField
        pointer="#count"
        label={t("offers.count")}
        unit={t("offers.intervals")}
        min="1"
        max="96"
        step="1"
        value={count}
        onChange={setCount}
      />
      <DecimalField
        pointer="/price_per_mwh"
        label={t("orders.price")}
        unit={t("unit.price", { currency: market.currency })}
        step="0.01"
        value={price}
        onChange={setPrice}
      />
      <DecimalField
        pointer="#energy"
        label={t("offers.each")}
        unit={t("unit.kwh")}
        min="0.001"
        max={unit ? capabilityKwh(unit, side, market.interval_minutes) : undefined}
        step="0.001"
        value={kwh}
        onChange={setKwh}
      />
      <SwitchField
        pointer="/neighbours_only"
        label={t("offers.neighbours_only")}
        value={neighbours}
        onChange={setNeighbours}
      />
      <SwitchField
        pointer="/shows_name"
        label={t("offers.shows_name")}
        value={named}
        onChange={setNamed}
      />
    </ConfirmAct>
  );
}

// Taking a listing: how much of it, and what that costs or earns, before it is done.

import { useState } from "react";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { ChoiceField, DecimalField } from "../../../parts/form/fields";
import { Facts } from "../../../parts/frame/Figures";
import { Money, Price } from "../../../parts/text/Quantity";
import { decimal, decimalText, sum } from "../../../language/decimal";
import { useMarket } from "../../../shell/markets";
import { newKey, UNREACHABLE } from "../../../wire/client";
import { useAct } from "../../../wire/queries";
import type { Offer, Unit } from "./answers";
import { COLLATERAL, LISTINGS, TRADES, useCover } from "./mine";
import { kindOf, sidesOf, valueOf } from "./rules";
import { useTexts } from "./texts";

interface TakeOfferProps {
  offer: Offer;
  units: readonly Unit[];
  onClose(): void;
}

export function TakeOffer({ offer, units, onClose }: TakeOfferProps) {
  const { t, format } = useTexts();
  const { currency } = useMarket();
  const toast = useToast();
  const { collateral } = useCover();
  const mySide = offer.side === "sell" ? "buy" : "sell";
  const able = units.filter((unit) => sidesOf(unit).includes(mySide));
  const [unit, setUnit] = useState(able[0]?.unit_id ?? "");
  const [takeId, setTakeId] = useState(newKey);
  const [kwh, setKwh] = useState<Record<string, string>>(() =>
    Object.fromEntries(offer.legs.map(({ start, energy_kwh }) => [start, energy_kwh])),
  );
  const take = useAct("post", `${LISTINGS}/{listing_id}:take`, {
    renews: [LISTINGS, TRADES, COLLATERAL],
  });
  const wanted = offer.legs.filter(({ start }) => !/^0*\.?0*$/.test(kwh[start] ?? ""));
  const total = decimalText(sum(wanted.flatMap(({ start }) => decimal(kwh[start] ?? "") ?? [])));
  const value = valueOf(offer.price_per_mwh, total);
  const submit = async () => {
    const answer = await take.act({
      params: { listing_id: offer.listing_id },
      body: {
        client_take_id: `portal-${takeId}`,
        unit_id: unit,
        legs: wanted.map(({ start }) => ({ start, energy_kwh: kwh[start] ?? "0" })),
      },
    });
    if (!answer.ok && answer.problem.code === UNREACHABLE) return;
    setTakeId(newKey());
    if (!answer.ok) return;
    toast(t("offers.taken", { energy: format.kwh(total) }));
    onClose();
  };
  return (
    <ConfirmAct
      open
      title={t(`offers.take_${mySide}`)}
      danger={false}
      consequence={
        <Facts
          facts={[
            {
              label: t("orders.price"),
              value: <Price value={offer.price_per_mwh} currency={currency} />,
            },
            {
              label: t(mySide === "buy" ? "order.costs" : "order.earns"),
              value: <Money amount={value} currency={currency} places={4} />,
              note: t("order.without_fees"),
            },
            {
              label: t("cover.available"),
              value: <Money amount={collateral.value?.available} currency={currency} />,
            },
          ]}
        />
      }
      act={t(`offers.take_${mySide}`)}
      reason="none"
      busy={take.busy}
      problem={take.problem}
      onClose={onClose}
      onConfirm={() => void submit()}
    >
      <ChoiceField
        pointer="/unit_id"
        label={t("order.unit")}
        value={unit}
        onChange={setUnit}
        options={able.map((each) => ({
          value: each.unit_id,
          text: `${t(`unit_kind.${kindOf(each)}`)} · ${each.unit_id}`,
        }))}
      />
      {offer.legs.map(({ start, end, energy_kwh }, index) => (
        <DecimalField
          key={start}
          pointer={`/legs/${index}`}
          label={`${format.dayShort(start)}, ${format.interval(start, end)}`}
          note={t("offers.at_most", { max: format.kwh(energy_kwh) })}
          unit={t("unit.kwh")}
          min="0"
          max={energy_kwh}
          step="0.001"
          value={kwh[start] ?? ""}
          onChange={(next) => setKwh((before) => ({ ...before, [start]: next }))}
        />
      ))}
    </ConfirmAct>
  );
}

// A rule in a sentence: what will happen because of it, in words and numbers.

import { useMemo } from "react";
import { useMarket } from "../../../shell/markets";
import type { Rule, Unit } from "./answers";
import { kindOf, perKwh } from "./rules";
import { useTexts } from "./texts";

type Draft = Pick<
  Rule,
  "sell_min_per_mwh" | "buy_max_per_mwh" | "share_ppm" | "green_only" | "venue"
> & { unit: Unit };

interface Says {
  (draft: Draft): string[];
  price(value: string): string;
}

export function useSays(): Says {
  const { t, format } = useTexts();
  const { currency } = useMarket();
  return useMemo(() => {
    const price = (value: string) =>
      t("simple.price", {
        each: format.money(perKwh(value), currency, { places: 4 }),
        price: `${format.price(value)} ${t("unit.price", { currency })}`,
      });
    const say = ({ unit, ...rule }: Draft): string[] => {
      const values = {
        kind: t(`unit_kind.${kindOf(unit)}`),
        share: format.share(rule.share_ppm, 4),
        where: t(`simple.where_${rule.venue}`),
      };
      const { buy_max_per_mwh: buy, sell_min_per_mwh: sell } = rule;
      return [
        ...(buy === null
          ? []
          : [
              t(rule.green_only ? "simple.says_buy_green" : "simple.says_buy", {
                ...values,
                price: price(buy),
              }),
            ]),
        ...(sell === null ? [] : [t("simple.says_sell", { ...values, price: price(sell) })]),
      ];
    };
    return Object.assign(say, { price });
  }, [t, format, currency]);
}

// A price as the market trades it, per MWh, and as a household knows it, per kWh.

import { useMarket } from "../../../shell/markets";
import { Price } from "../../../parts/text/Quantity";
import { useTexts } from "./texts";
import { perKwh } from "./rules";

interface PriceBothProps {
  value: string | null | undefined;
  /** Only per kWh. */
  short?: boolean;
}

export function PriceBoth({ value = null, short = false }: PriceBothProps) {
  const { t, format } = useTexts();
  const { currency } = useMarket();
  const each = perKwh(value);
  const perEach = (
    <span className="p-quantity">
      {format.money(each, currency, { places: 4 })}
      {each !== null && <span className="p-unit">{t("per_kwh")}</span>}
    </span>
  );
  if (short) return perEach;
  return (
    <span className="trade-price">
      {perEach}
      {each !== null && (
        <small>
          <Price value={value} currency={currency} />
        </small>
      )}
    </span>
  );
}

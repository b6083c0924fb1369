// Thresholds as they are typed, and as the market takes them.

import { decimal, decimalText, shifted, trimmed } from "../../../language/decimal";
import type { AlertSettings } from "./alerts";

export type Name = keyof AlertSettings;
export interface Threshold {
  on: boolean;
  /** A decimal string; percent of usual use. */
  value: string;
}
export type Typed = Record<Name, Threshold>;

/** What stands there when something is switched on: the market's own, where it has one. */
export const USUAL: Record<Name, string> = {
  price_above_per_mwh: "",
  price_below_per_mwh: "",
  use_above_ppm: "150",
  silent_minutes: "60",
  bill_days: "3",
};
/** Parts per million to percent: four places. */
const PERCENT_PLACES = 4;

const moved = (text: string, by: number): string => {
  const value = decimal(text);
  return value === null ? "" : decimalText(trimmed(shifted(value, by)));
};

export function typed(settings: AlertSettings): Typed {
  const { use_above_ppm } = settings;
  const of = (value: string | number | null): Threshold => ({
    on: value !== null,
    value: value === null ? "" : String(value),
  });
  return {
    price_above_per_mwh: of(settings.price_above_per_mwh),
    price_below_per_mwh: of(settings.price_below_per_mwh),
    use_above_ppm: of(
      use_above_ppm === null ? null : moved(String(use_above_ppm), -PERCENT_PLACES),
    ),
    silent_minutes: of(settings.silent_minutes),
    bill_days: of(settings.bill_days),
  };
}

export function body(values: Typed): AlertSettings {
  const price = ({ on, value }: Threshold) => (on ? value : null);
  const whole = ({ on, value }: Threshold) => (on ? Number(value) : null);
  const use = values.use_above_ppm;
  return {
    price_above_per_mwh: price(values.price_above_per_mwh),
    price_below_per_mwh: price(values.price_below_per_mwh),
    use_above_ppm: use.on ? Number(moved(use.value, PERCENT_PLACES)) : null,
    silent_minutes: whole(values.silent_minutes),
    bill_days: whole(values.bill_days),
  };
}

// Money, prices, energy, power and shares as text: exact, by the language, the unit smaller.

import { decimal } from "../../language/decimal";
import { Format } from "../../language/format";
import { useSpeech } from "../../language/Speak";
import { Icon } from "../icons";
import "./text.css";

interface Change {
  /** With its sign, and an arrow: what rose and what fell. */
  change?: boolean | undefined;
}

type Amount =
  /** Decimal string in the currency, as the wire writes it. */
  | { amount: string | null | undefined; quanta?: never }
  /** Whole number of 10^-8 of the currency, as text. */
  | { quanta: string | bigint | null; amount?: never };

type MoneyProps = Amount &
  Change & {
    currency: string;
    /** Decimals shown at most; two by default, 8 show every quantum. */
    places?: number;
  };

export function Money({ currency, places = 2, change, ...value }: MoneyProps) {
  const { format } = useSpeech();
  const amount = value.quanta != null ? Format.amount(value.quanta) : value.amount;
  const text = format.money(amount, currency, { places, signed: change === true });
  const full = format.money(amount, currency, { places: 8 });
  return (
    <span className={`p-quantity${tone(change, amount)}`} title={full === text ? undefined : full}>
      {change && <Direction of={amount} />}
      {text}
    </span>
  );
}

interface PriceProps extends Change {
  /** Currency per MWh, a decimal string. */
  value: string | null | undefined;
  currency: string;
  /** Left out where the column's head says it. */
  bare?: boolean;
}

export function Price({ value, currency, bare = false, change }: PriceProps) {
  const { t, format } = useSpeech();
  return (
    <span className={`p-quantity${tone(change, value)}`}>
      {change && <Direction of={value} />}
      {format.price(value)}
      {!bare && <Unit of={t("unit.price", { currency })} />}
    </span>
  );
}

interface EnergyProps {
  /** Decimal string of kWh, as the wire writes it. */
  kwh: string | null | undefined;
  /** Decimals at least; three line numbers up in a column. */
  least?: number;
}

export function Energy({ kwh, least = 0 }: EnergyProps) {
  const { format } = useSpeech();
  return <Measure {...format.energy(kwh, least)} />;
}

export function Power({ kw, least = 0 }: { kw: string | null | undefined; least?: number }) {
  const { format } = useSpeech();
  return <Measure {...format.power(kw, least)} />;
}

/** A part of a whole, in parts per million, as percent. */
export function Share({ ppm, places = 1 }: { ppm: number | string | null; places?: number }) {
  const { format } = useSpeech();
  return <span className="p-quantity">{format.share(ppm, places)}</span>;
}

function Measure({ text, unit }: { text: string; unit: string }) {
  return (
    <span className="p-quantity">
      {text}
      <Unit of={unit} />
    </span>
  );
}

const Unit = ({ of }: { of: string }) => <span className="p-unit">{` ${of}`}</span>;

const signOf = (text: string | null | undefined) => {
  const units = (text == null ? null : decimal(text))?.units ?? 0n;
  return units < 0n ? -1 : units > 0n ? 1 : 0;
};

function tone(change: boolean | undefined, text: string | null | undefined): string {
  const sign = change ? signOf(text) : 0;
  return sign > 0 ? " p-rise" : sign < 0 ? " p-fall" : "";
}

function Direction({ of }: { of: string | null | undefined }) {
  const sign = signOf(of);
  return <Icon name={sign > 0 ? "up" : sign < 0 ? "down" : "level"} size={12} />;
}

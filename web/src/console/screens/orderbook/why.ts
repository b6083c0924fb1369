// The codes of an order's explanation as sentences with their figures.
//
// The one idea: a code has a sentence where all figures that the sentence names are there; else its short
// word has to do. So nothing is ever said with a hole in it.

import type { Format } from "../../../language/format";
import { word } from "../../../language/words";
import type { Reason } from "../../../market/orders";
import type { Say } from "./texts";

export interface Means {
  t: Say;
  format: Format;
  currency: string;
}

type Figure = (value: string, means: Means) => string;

const price: Figure = (value, { t, format, currency }) =>
  `${format.price(value)}\u00a0${t("unit.price", { currency })}`;
const energy: Figure = (value, { format }) => measured(format.energy(value));
const power: Figure = (value, { format }) => measured(format.power(value));
const measured = ({ text, unit }: { text: string; unit: string }) => `${text}\u00a0${unit}`;

const FIGURES: Readonly<Record<string, Figure>> = {
  limit_per_mwh: price,
  price_per_mwh: price,
  missed_by_per_mwh: price,
  better_by_per_mwh: price,
  best_trade_per_mwh: price,
  tied_kwh: energy,
  tied_filled_kwh: energy,
  energy_kwh: energy,
  ratio_ppm: (value, { format }) => format.share(value),
  gain: (value, { format, currency }) => format.money(value, currency),
  from_kw: power,
  to_kw: power,
  at: (value, { format }) => format.stamp(value, true),
};

/** The codes that have a sentence, and the figures it names. */
const SENTENCES = {
  in_the_money: ["price_per_mwh", "limit_per_mwh", "better_by_per_mwh"],
  out_of_the_money: ["price_per_mwh", "limit_per_mwh", "missed_by_per_mwh"],
  marginal: ["limit_per_mwh", "tied_kwh", "tied_filled_kwh", "ratio_ppm"],
  traded: ["energy_kwh", "price_per_mwh"],
  no_match_yet: ["limit_per_mwh", "best_trade_per_mwh", "missed_by_per_mwh"],
  accepted: ["gain"],
  partly_accepted: ["ratio_ppm"],
  paradoxically_rejected: [],
  used: ["gain"],
  cancelled: ["at"],
  expired: ["at"],
  redispatched: ["from_kw", "to_kw"],
  cut_by_rule: ["from_kw", "to_kw"],
  activated: ["from_kw", "to_kw"],
} as const satisfies Record<string, readonly string[]>;

const known = (code: string): code is keyof typeof SENTENCES => code in SENTENCES;

/** One reason, as one sentence or a few. */
export function sentence({ code, parameters }: Reason, means: Means): string {
  const { t } = means;
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null) values[name] = FIGURES[name]?.(value, means) ?? value;
  }
  const told =
    known(code) && SENTENCES[code].every((name) => values[name] !== undefined)
      ? t(`why.${code}`, values)
      : t("why_short", { word: word(t, "reason", code) });
  return [...of(parameters, means), told, ...besides(parameters, t)].join(" ");
}

/** Which call it was. */
function of({ call, start }: Reason["parameters"], { t, format }: Means): string[] {
  if (!call) return [];
  const which = call === "day_ahead" ? "why_call_day" : "why_call";
  return [t(which, { start: start ? format.stamp(start) : "" })];
}

/** How it ended, which refusal it was, which line or connection was full. */
function besides({ reason, code, line, limit }: Reason["parameters"], t: Say): string[] {
  return [
    ...(reason ? [t("why_because", { reason: word(t, "ended", reason) })] : []),
    ...(code ? [word(t, "refusal", code)] : []),
    ...(line ? [t("why_line", { line })] : []),
    ...(limit ? [t("why_limit", { limit: limit.replace(":", " ") })] : []),
  ];
}

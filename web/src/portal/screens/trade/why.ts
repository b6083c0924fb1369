// Why an order stands as it stands: the codes of its explanation as sentences with their figures.
//
// The one idea: a code has a sentence where all figures that the sentence names are there; else its short
// word has to do. So nothing is ever said with a hole in it.

import type { Format } from "../../../language/format";
import { word } from "../../../language/words";
import type { Reason } from "./answers";
import type { Say } from "./texts";

interface Means {
  t: Say;
  format: Format;
  currency: string;
}

type Figure = (value: string, means: Means) => string;

const price: Figure = (value, { t, format, currency }) =>
  `${format.price(value)}\u00a0${t("unit.price", { currency })}`;
const energy: Figure = (value, { format }) => {
  const { text, unit } = format.energy(value);
  return `${text}\u00a0${unit}`;
};
const power: Figure = (value, { format }) => {
  const { text, unit } = format.power(value);
  return `${text}\u00a0${unit}`;
};
const share: Figure = (value, { format }) => format.share(value);
const time: Figure = (value, { format }) => format.stamp(value);

const money: Figure = (value, { format, currency }) => format.money(value, currency, { places: 4 });

const FIGURES: Record<string, Figure> = {
  gain: money,
  limit_per_mwh: price,
  price_per_mwh: price,
  missed_by_per_mwh: price,
  better_by_per_mwh: price,
  best_trade_per_mwh: price,
  tied_kwh: energy,
  tied_filled_kwh: energy,
  energy_kwh: energy,
  ratio_ppm: share,
  from_kw: power,
  to_kw: power,
  start: time,
  at: time,
};

/** The codes that have a sentence, and the figures it names. The longest that can be told is. */
const SENTENCES = {
  in_the_money: ["start", "price_per_mwh", "limit_per_mwh", "better_by_per_mwh"],
  out_of_the_money: ["start", "price_per_mwh", "limit_per_mwh", "missed_by_per_mwh"],
  marginal: ["start", "limit_per_mwh", "tied_kwh", "tied_filled_kwh", "ratio_ppm"],
  traded: ["energy_kwh", "price_per_mwh"],
  no_match_yet: ["limit_per_mwh", "best_trade_per_mwh", "missed_by_per_mwh"],
  no_volume: ["start"],
  waits_for_call: [],
  interrupted: [],
  hibernated: [],
  waits_for_confirmation: [],
  accepted: ["gain"],
  partly_accepted: ["ratio_ppm"],
  parent_not_accepted: [],
  group: [],
  minimum_acceptance: [],
  paradoxically_rejected: [],
  redispatched: ["from_kw", "to_kw"],
  cut_by_rule: ["from_kw", "to_kw"],
  activated: ["from_kw", "to_kw"],
} as const satisfies Record<string, readonly string[]>;

const known = (code: string): code is keyof typeof SENTENCES => code in SENTENCES;

/** One reason, as one or two sentences. */
export function sentence({ code, parameters }: Reason, means: Means): string {
  const { t } = means;
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== null) values[name] = FIGURES[name]?.(value, means) ?? value;
  }
  const told =
    known(code) && SENTENCES[code].every((name) => values[name] !== undefined)
      ? t(`why.${code}`, values)
      : t("why.short", { word: word(t, "reason", code) });
  return [told, ...besides(parameters, t)].join(" ");
}

/** What stands beside a reason: how it ended, which refusal it was, which line was full. */
function besides(parameters: Reason["parameters"], t: Say): string[] {
  const { reason, code, line, limit } = parameters;
  return [
    ...(reason ? [t("why.because", { reason: word(t, "ended", reason) })] : []),
    ...(code ? [word(t, "refusal", code)] : []),
    ...(line ? [t("why.line_full", { line })] : []),
    ...(limit ? [t("why.area_full", { limit: limit.replace(":", " ") })] : []),
  ];
}

// Energy over intervals: what is left of an offer in all of its legs together, from when until when.

import { decimal, decimalText, sum } from "../../../language/decimal";
import type { Leg } from "./answers";

export const totalKwh = (legs: readonly Leg[]): string =>
  decimalText(sum(legs.flatMap(({ energy_kwh }) => decimal(energy_kwh) ?? [])));

export interface Span {
  start: string;
  end: string;
}

export const spanOf = (legs: readonly Leg[]): Span => {
  const starts = legs.map(({ start }) => start).sort();
  const ends = legs.map(({ end }) => end).sort();
  return { start: starts[0] ?? "", end: ends.at(-1) ?? "" };
};

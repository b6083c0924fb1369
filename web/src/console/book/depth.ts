// A book as a ladder and as depth: what stands at each price, and with all better prices together.

import { compareTexts, decimal, decimalText, sum, type Decimal } from "../../language/decimal";
import type { Book } from "../../market/books";
import type { BookLevel } from "../../wire/types";

export interface DepthRow {
  key: string;
  side: "buy" | "sell";
  /** Currency per MWh. */
  price: string;
  /** What stands at this price, kWh. */
  kwh: string;
  /** And with everything at better prices. */
  totalKwh: string;
}

const NOTHING: Decimal = { units: 0n, places: 3 };

/** Both sides, the best price of each first; exact. */
export function depthOf(book: Book | undefined): { buys: DepthRow[]; sells: DepthRow[] } {
  const levels = [...(book?.levels.values() ?? [])];
  const side = (which: "buy" | "sell", turn: 1 | -1) =>
    climbed(
      levels
        .filter((each) => each.side === which)
        .sort((a, b) => turn * compareTexts(a.price_per_mwh, b.price_per_mwh)),
    );
  return { buys: side("buy", -1), sells: side("sell", 1) };
}

function climbed(levels: readonly BookLevel[]): DepthRow[] {
  let total = NOTHING;
  return levels.map(({ side, price_per_mwh, energy_kwh }) => {
    total = sum([total, decimal(energy_kwh) ?? NOTHING]);
    return {
      key: `${side} ${price_per_mwh}`,
      side,
      price: price_per_mwh,
      kwh: energy_kwh,
      totalKwh: decimalText(total),
    };
  });
}

/** The corners of one side's depth: price over kWh together, from the best price outwards. */
export function corners(rows: readonly DepthRow[]): [number, number][] {
  let before = 0;
  return rows.flatMap(({ price, totalKwh }) => {
    const from = before;
    before = Number(totalKwh);
    return [
      [Number(price), from],
      [Number(price), before],
    ] as [number, number][];
  });
}

/** Best sell less best buy, a decimal string; null: a side is empty. */
export function spreadOf(buys: readonly DepthRow[], sells: readonly DepthRow[]): string | null {
  const bid = decimal(buys[0]?.price ?? "");
  const ask = decimal(sells[0]?.price ?? "");
  if (bid === null || ask === null) return null;
  return decimalText(sum([ask, { units: -bid.units, places: bid.places }]));
}

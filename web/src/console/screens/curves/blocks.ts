// Blocks and storages of a call: what became of them, and where they stand against the prices.

import type { BlockFate, BlockMark } from "../../../parts/chart/StepCurves";
import type { AreaCurves } from "../../../wire/types";
import type { AreaPrice, Block, BlockStatus } from "../../wire";
import { placeOf, WHOLE } from "./facts";

export const STATUSES: readonly BlockStatus[] = [
  "accepted",
  "partly_accepted",
  "paradoxically_rejected",
  "rejected",
];

export function counts(blocks: readonly Block[]): Record<BlockStatus, number> {
  const found = { accepted: 0, partly_accepted: 0, rejected: 0, paradoxically_rejected: 0 };
  for (const { status } of blocks) found[status] += 1;
  return found;
}

const FATES: Record<BlockStatus, BlockFate> = {
  accepted: "accepted",
  partly_accepted: "accepted",
  rejected: "rejected",
  paradoxically_rejected: "paradox",
};

/** A storage has no limit price of its own: it lives from the difference of prices. */
export const hasPrice = ({ kind }: Block): boolean => kind !== "storage";

export const inArea = (block: Block, areaId: string): boolean =>
  areaId === WHOLE || block.area_id === areaId;

/** Blocks that deliver in an interval, where their price would stand in its curves. */
export function blockMarks(
  blocks: readonly Block[],
  area: AreaCurves,
  startMs: number,
): BlockMark[] {
  return blocks
    .filter((each) => hasPrice(each) && inArea(each, area.area_id) && delivers(each, startMs))
    .map((each) => ({
      id: each.order_id,
      price: each.price_per_mwh,
      kwh: placeOf(each.side === "sell" ? area.supply : area.demand, each.price_per_mwh, each.side),
      fate: FATES[each.status],
    }));
}

export const delivers = ({ start, end }: Block, startMs: number): boolean =>
  Date.parse(start) <= startMs && startMs < Date.parse(end);

export interface Bar {
  id: string;
  fromMs: number;
  untilMs: number;
  price: number;
}

/** Bars of one status and side: from the first to the last interval of delivery, at the limit price. */
export function bars(
  blocks: readonly Block[],
  status: BlockStatus,
  side: "buy" | "sell",
): readonly Bar[] {
  return blocks
    .filter((each) => each.status === status && each.side === side && hasPrice(each))
    .map(({ order_id, start, end, price_per_mwh }) => ({
      id: order_id,
      fromMs: Date.parse(start),
      untilMs: Date.parse(end),
      price: Number(price_per_mwh),
    }));
}

export interface PriceLine {
  areaId: string;
  /** Corners of the steps: ms and currency/MWh; null: no price. */
  points: [number, number | null][];
}

/** Prices of areas over the call's intervals, as steps. */
export function priceLines(prices: readonly AreaPrice[], areaId: string): PriceLine[] {
  const lines = new Map<string, PriceLine>();
  for (const { area_id, start, end, price_per_mwh } of prices) {
    if (areaId !== WHOLE && area_id !== areaId) continue;
    const line = lines.get(area_id) ?? { areaId: area_id, points: [] };
    lines.set(area_id, line);
    const price = price_per_mwh === null ? null : Number(price_per_mwh);
    line.points.push([Date.parse(start), price], [Date.parse(end), price]);
  }
  return [...lines.values()];
}

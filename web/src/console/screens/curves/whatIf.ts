// A call without some of its orders, as the server works it out: what is asked, and what differs. Pure.

import type { Schemas } from "../../../wire/client";
import { less, WHOLE, type CurveRow, type Side } from "./facts";

export type CallShown = Schemas["CallShown"];

export type WhatIf = Schemas["WhatIf"];

/** The ids somebody has typed, with blanks or commas between them. */
export const idsOf = (typed: string): string[] => typed.split(/[\s,;，；]+/).filter(Boolean);

export type AreaShown = CallShown["areas"][number];

export const areaIn = (call: CallShown, areaId: string): AreaShown | null =>
  call.areas.find(({ area_id }) => area_id === areaId) ?? null;

/** By how much the price of an area would be another; null: it has none in one of them. */
export const priceChange = ({ before, after }: WhatIf, areaId: string): string | null =>
  less(areaIn(after, areaId)?.price_per_mwh ?? null, areaIn(before, areaId)?.price_per_mwh ?? null);

/** Areas whose price would be another, the whole market aside. */
export const movedAreas = (found: WhatIf): string[] =>
  found.after.areas
    .map(({ area_id }) => area_id)
    .filter((id) => {
      const [now, was] = [areaIn(found.after, id), areaIn(found.before, id)];
      return id !== WHOLE && now?.price_per_mwh !== was?.price_per_mwh;
    });

export interface WhatIfRow extends CurveRow {
  which: "before" | "after";
}

/** Both curves as rows of one table. */
export function whatIfRows(found: WhatIf, areaId: string): WhatIfRow[] {
  return (["before", "after"] as const).flatMap((which) => {
    const area = areaIn(found[which], areaId);
    if (area === null) return [];
    return (["supply", "demand"] as const satisfies readonly Side[]).flatMap((side) =>
      area[side].map(([price, cumulativeKwh], index) => ({
        key: `${which} ${side} ${index}`,
        ...{ which, start: found.start, side, price, cumulativeKwh },
        stepKwh: less(cumulativeKwh, area[side][index - 1]?.[1] ?? "0") ?? cumulativeKwh,
      })),
    );
  });
}

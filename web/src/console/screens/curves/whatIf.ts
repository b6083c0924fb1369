// A call without some of its orders, as the server works it out: what is asked, and what differs. Pure.

import type { CurvePoint } from "../../../wire/types";
import { less, WHOLE, type CurveRow, type Side } from "./facts";

export interface CallShown {
  rung: string;
  /** Of the whole call. */
  welfare: string;
  areas: {
    area_id: string;
    price_per_mwh: string | null;
    sold_kwh: string;
    bought_kwh: string;
    supply: CurvePoint[];
    demand: CurvePoint[];
  }[];
}

export interface WhatIf {
  run_id: string;
  start: string;
  /** Orders that were in the call and are taken out. */
  removed: number;
  before: CallShown;
  after: CallShown;
  /** What the auditor finds in it. */
  faults: string[];
  took_ms: number;
}

declare module "../../../wire/answers" {
  interface Answers {
    "POST /v1/markets/{market}/clearing-runs/{run_id}:what-if": WhatIf;
  }
}

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

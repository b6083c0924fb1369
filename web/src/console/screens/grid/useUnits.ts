// All units as they are: a list that is read again on news, and what areas' channels say in between.

import { useEffect, useMemo, useState } from "react";
import { useHub, useNews } from "../../../shell/live";
import { useList, type Listing } from "../../../wire/queries";
import type { Market } from "../../../wire/types";
import { hear, overlaid, type Heard } from "./units";
import { UNITS, type UnitRow } from "./wire";

const BATCH_MS = 250;
/** Areas whose units are followed live; the server allows 256 subscriptions a page. */
const AREAS_HEARD_MAX = 200;
/** What no channel tells (meters, sockets, outages) is looked at this often. */
const AGAIN_MS = 60_000;
const NOTHING: Heard = new Map();

export interface Units extends Omit<Listing<UnitRow>, "items"> {
  rows: readonly UnitRow[];
}

/** `nowMs`: market time by which a set-point holds; it need not be the newest second. */
export function useUnits(market: Market, nowMs: number | null): Units {
  const listing = useList(UNITS, { all: true, everyMs: AGAIN_MS });
  useNews("alarms", market.market_id, UNITS);
  const heard = useAreas(market);
  const { items, ...rest } = listing;
  const rows = useMemo(
    () => items.map((row) => overlaid(row, heard.get(row.unit_id), nowMs ?? 0)),
    [items, heard, nowMs],
  );
  return { ...rest, rows };
}

/** The channels of many areas as one state; a component cannot hold a hook for each. */
function useAreas(market: Market): Heard {
  const hub = useHub();
  const [shown, show] = useState<Heard>(NOTHING);
  useEffect(() => {
    let next = NOTHING;
    let timer: ReturnType<typeof setTimeout> | undefined;
    show(next);
    const leave = market.areas.slice(0, AREAS_HEARD_MAX).map(({ area_id }) =>
      hub.listen({ channel: "area", key: area_id }, (message) => {
        if (message.type === "error") return;
        next = hear(next, message);
        timer ??= setTimeout(() => {
          timer = undefined;
          show(next);
        }, BATCH_MS);
      }),
    );
    return () => {
      clearTimeout(timer);
      for (const each of leave) each();
    };
  }, [hub, market]);
  return shown;
}

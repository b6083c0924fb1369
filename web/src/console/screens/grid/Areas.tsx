// Prices as a map of areas, what flows between them against what the lines carry, and each area as a row.

import { useMemo } from "react";
import { Split } from "../../../parts/frame/Page";
import { areaViews, lineViews } from "../../../market/views";
import type { Market } from "../../../wire/types";
import { AreaTable } from "./AreaTable";
import { Lines } from "./Lines";
import { PriceMap } from "./PriceMap";
import type { ShownInterval } from "./useShownInterval";
import type { UnitRow } from "./wire";

interface Props {
  market: Market;
  shown: ShownInterval;
  units: readonly UnitRow[];
}

export function Areas({ market, shown, units }: Props) {
  const { interval } = shown;
  const areas = useMemo(() => areaViews(interval, market), [interval, market]);
  const lines = useMemo(() => lineViews(interval, market), [interval, market]);
  return (
    <>
      <Split percent={36} aside={<Lines market={market} lines={lines} shown={shown} />}>
        <PriceMap market={market} areas={areas} lines={lines} shown={shown} />
      </Split>
      <AreaTable market={market} areas={areas} lines={lines} units={units} />
    </>
  );
}

// The screen "Situation": the operator's first, and the public's only one.

import { useCallback, useEffect, useMemo, useState } from "react";
import { useFeed, usePicture } from "../../../market/hooks";
import { dayView, latestCleared, nextGate } from "../../../market/views";
import { useLook } from "../../../shell/appearance";
import { useHub, useLive } from "../../../shell/live";
import { useMarket } from "../../../shell/markets";
import { useSession } from "../../../shell/session";
import { BookPanel } from "./BookPanel";
import { CurvesPanel } from "./CurvesPanel";
import { GridPanel } from "./GridPanel";
import { HealthPanel } from "./HealthPanel";
import type { Selection } from "./IntervalPicker";
import { OperatorStrip } from "./OperatorStrip";
import { Announcer, PhaseRail } from "./PhaseRail";
import { PricePanel } from "./PricePanel";
import { useTexts } from "./texts";
import { TradesPanel } from "./TradesPanel";

export default function Situation() {
  const { t } = useTexts();
  const market = useMarket();
  const hub = useHub();
  const feed = useFeed(market, hub);
  const picture = usePicture(feed);
  const { situation } = picture;
  const { live } = useLive();
  const look = useLook();
  const operated = useSession().session?.role === "operator";
  const gateMs = nextGate(situation)?.gateMs ?? null;
  useEffect(() => {
    hub.holdMs = gateMs;
    return () => void (hub.holdMs = null);
  }, [hub, gateMs]);
  const day = useMemo(
    () => dayView(situation, market),
    [situation.intervals, situation.stops, market],
  );
  const selection = useSelection(day);
  const interval = selection.index === null ? null : (day.intervals[selection.index] ?? null);
  const total = day.intervals.reduce((sum, each) => sum + (each?.trades ?? 0), 0);
  const continuous = market.continuous != null;
  return (
    <div className={operated ? "situation situation-operated" : "situation"}>
      <h1 className="unseen">{t("nav.situation")}</h1>
      <PhaseRail situation={situation} market={market} day={day} live={live} />
      <Announcer situation={situation} />
      {operated && <OperatorStrip market={market} interval={interval} />}
      <div className={continuous ? "panels with-book" : "panels"}>
        <PricePanel market={market} day={day} selection={selection} look={look} />
        <CurvesPanel feed={feed} market={market} day={day} selection={selection} />
        {continuous && <BookPanel market={market} situation={situation} />}
        <GridPanel market={market} interval={interval} />
        <TradesPanel market={market} trades={situation.trades} total={continuous ? null : total} />
        <HealthPanel picture={picture} day={day} />
      </div>
    </div>
  );
}

/** The interval on the screen: the latest cleared one, until somebody chooses another. */
function useSelection(day: ReturnType<typeof dayView>): Selection {
  const [chosen, choose] = useState<number | null>(null);
  useEffect(() => choose(null), [day.fromMs]);
  const latest = latestCleared(day.intervals);
  const latestIndex = latest === null ? null : day.intervals.indexOf(latest);
  const select = useCallback((index: number) => choose(index), []);
  const follow = useCallback(() => choose(null), []);
  const index = chosen ?? latestIndex;
  const following = chosen === null;
  return useMemo(() => ({ index, following, select, follow }), [index, following, select, follow]);
}

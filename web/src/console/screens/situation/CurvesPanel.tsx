// Supply and demand of one area in one interval, with the clearing point.

import { memo, useEffect, useState } from "react";
import { curvesView } from "../../../parts/chart/steps";
import { useTexts, type Key } from "./texts";

import { word } from "../../../language/words";
import type { Feed } from "../../../market/feed";
import { lastResort, type DayView } from "../../../market/views";
import { local } from "../../../market/time";
import type { AreaCurves, Curves, Interval, Market } from "../../../wire/types";
import { CurvesChart, type Clearing } from "./CurvesChart";
import { IntervalPicker, type Selection } from "./IntervalPicker";
import { Panel, Table } from "./Panel";

/** The server's name for all areas together. */
const WHOLE = "market";

interface Props {
  feed: Feed;
  market: Market;
  day: DayView;
  selection: Selection;
}

/** Drawn anew only when what it shows has changed: the clock alone moves nothing in here. */
export const CurvesPanel = memo(function CurvesPanel({ feed, market, day, selection }: Props) {
  const { t, format } = useTexts();
  const [wanted, want] = useState<string | null>(null);
  const [full, setFull] = useState(false);
  const selected = selection.index === null ? null : (day.intervals[selection.index] ?? null);
  const found = useCurves(feed, selected?.start ?? null);
  // Facts and curves are of the same interval, also in the moment before new curves are here.
  const index = day.intervals.findIndex((each) => each !== null && each.start === found.start);
  const interval = day.intervals[index] ?? null;

  const areas = found.curves?.areas ?? [];
  // Without a wish: the first area whose curves are public, else everything together.
  const areaId =
    wanted ??
    market.areas.find((each) => areas.some((a) => a.area_id === each.area_id))?.area_id ??
    WHOLE;
  const area = areas.find((each) => each.area_id === areaId) ?? null;
  const clearing = clearingOf(interval, areaId, area);
  const unit = t("unit.price", { currency: market.currency });
  const startMs = day.startsMs[index];
  const hourOf = (ms: number) => local(ms, market.time_zone).hour;
  const band = startMs === undefined ? null : (lastResort([startMs], market, hourOf)[0] ?? null);

  const tools = (
    <>
      <label className="choice">
        <span className="unseen">{t("curves.area")}</span>
        <select value={areaId} onChange={(event) => want(event.target.value)}>
          {market.areas.map(({ area_id }) => (
            <option key={area_id} value={area_id}>
              {area_id}
            </option>
          ))}
          <option value={WHOLE}>{t("curves.whole_market")}</option>
        </select>
      </label>
      <IntervalPicker day={day} selection={selection} />
    </>
  );

  let body;
  if (selected === null) body = <p className="empty">{t("curves.empty")}</p>;
  else if (found.code !== null) body = <p className="empty">{word(t, "refusal", found.code)}</p>;
  else if (interval === null) body = <p className="empty">{t("curves.loading")}</p>;
  else if (area === null) body = <p className="empty">{t("curves.withheld")}</p>;
  else {
    const view = curvesView(area);
    const name = areaId === WHOLE ? t("curves.whole_market") : areaId;
    const description = t("curves.description", {
      area: name,
      interval: format.span(interval.start, interval.end),
      price:
        clearing.price === null ? t("price.no_price") : `${format.price(clearing.price)} ${unit}`,
      sold: format.kwh(clearing.soldWh / 1000),
      bought: format.kwh(clearing.boughtWh / 1000),
    });
    body = (
      <>
        <Facts
          clearing={clearing}
          whole={areaId === WHOLE}
          span={format.span(interval.start, interval.end)}
        />
        <CurvesChart
          view={view}
          clearing={clearing}
          anchors={[band?.ask ?? null, band?.bid ?? null]}
          full={full}
          description={description}
          unit={unit}
        >
          <label className="check">
            <input
              type="checkbox"
              checked={full}
              onChange={(event) => setFull(event.target.checked)}
            />
            {t("curves.full")}
          </label>
        </CurvesChart>
      </>
    );
  }

  const table = () => (
    <Table
      caption={t("curves.title")}
      head={[t("side.label"), unit, `${t("curves.cumulative")} ${t("unit.kwh")}`]}
      rows={(["supply", "demand"] as const).flatMap((side) =>
        (area?.[side] ?? []).map(([price, cumulative], i) => ({
          key: `${side} ${i}`,
          cells: [t(`curves.${side}`), format.price(price), format.kwh(cumulative)],
        })),
      )}
    />
  );

  return (
    <Panel name="curves" title={t("curves.title")} tools={tools} table={table}>
      {body}
    </Panel>
  );
});

interface FactsProps {
  clearing: Clearing;
  whole: boolean;
  /** The interval these facts are of. */
  span: string;
}

function Facts({ clearing, whole, span }: FactsProps) {
  const { t, format } = useTexts();
  const netWh = clearing.soldWh - clearing.boughtWh;
  // All areas together exchange with nobody: what is sold and not bought is lost on the lines.
  const net: Key = whole
    ? "curves.losses"
    : netWh < 0
      ? "curves.net_import"
      : netWh > 0
        ? "curves.net_export"
        : "curves.balanced";
  return (
    <div className="readout">
      <span className="readout-time">{span}</span>
      <span className="readout-item">
        {t("curves.price")} <b>{format.price(clearing.price)}</b>
      </span>
      <span className="readout-item">
        {t("curves.sold")} <b>{format.kwh(clearing.soldWh / 1000)}</b>
      </span>
      <span className="readout-item">
        {t("curves.bought")} <b>{format.kwh(clearing.boughtWh / 1000)}</b>
      </span>
      <span className="readout-item">
        {t(net)} {(whole || netWh !== 0) && <b>{format.kwh(Math.abs(netWh) / 1000)}</b>}{" "}
        {t("unit.kwh")}
      </span>
    </div>
  );
}

function clearingOf(interval: Interval | null, areaId: string, area: AreaCurves | null): Clearing {
  const results = (interval?.areas ?? []).filter(
    (each) => areaId === WHOLE || each.area_id === areaId,
  );
  const wh = (kwh: string) => Math.round(Number(kwh) * 1000);
  return {
    price: area?.price_per_mwh == null ? null : Number(area.price_per_mwh),
    soldWh: results.reduce((sum, each) => sum + wh(each.sold_kwh), 0),
    boughtWh: results.reduce((sum, each) => sum + wh(each.bought_kwh), 0),
  };
}

interface Found {
  /** The interval they are of. */
  start: string | null;
  curves: Curves | null;
  code: string | null;
}

/** Keeps showing the last curves until those of the next interval are here: no flicker at speed. */
function useCurves(feed: Feed, start: string | null): Found {
  const [found, set] = useState<Found>({ start: null, curves: null, code: null });
  useEffect(() => {
    if (start === null) return;
    const stop = new AbortController();
    const ask = async () => {
      const answer = await feed.curves(start, stop.signal);
      if (stop.signal.aborted) return;
      const { curves, code } = answer.ok
        ? { curves: answer.value, code: null }
        : { curves: null, code: answer.problem.code };
      set({ start, curves, code });
    };
    void ask();
    return () => stop.abort();
  }, [feed, start]);
  return found;
}

// Clearing price of each area over the day, the last resort's band, and the energy bought.

import { memo, useMemo, useState, type KeyboardEvent } from "react";
import type { DayChart } from "../../../chart/dayChart";
import { DayPlot } from "../../../chart/DayPlot";
import { useTexts } from "./texts";
import { local } from "../../../market/time";
import { useSame } from "../../../parts/same";
import {
  isCleared,
  lastResort,
  priceSeries,
  volumeSeries,
  type DayView,
} from "../../../market/views";
import { markOf } from "../../../style/marks";
import type { Market } from "../../../wire/types";
import { neighbour, type Selection } from "./IntervalPicker";
import { Panel, Swatch, Table } from "./Panel";

interface Props {
  market: Market;
  day: DayView;
  selection: Selection;
  look: string;
}

const endOf = (startMs: number, market: Market) => startMs + market.interval_minutes * 60_000;

/** Drawn anew only when what it shows has changed: the clock alone moves nothing in here. */
export const PricePanel = memo(function PricePanel({ market, day, selection, look }: Props) {
  const { t, format } = useTexts();
  const [hovered, hover] = useState<number | null>(null);
  const series = useSame(priceSeries(day, market));
  const volumes = useSame(volumeSeries(day, market));
  const starts = useSame(day.startsMs);
  const done = useSame(day.intervals.map(isCleared));
  const bands = useMemo(
    () => lastResort(starts, market, (ms) => local(ms, market.time_zone).hour),
    [starts, market],
  );
  const unit = t("unit.price", { currency: market.currency });

  // Made anew only when what is drawn changes: the pointer's moves redraw nothing.
  const [prices, energy] = useMemo((): [DayChart, DayChart] => {
    const drawn = (values: (number | null)[], areaId: string) => ({
      label: areaId,
      values,
      ...markOf(market.areas, areaId),
    });
    const shared = {
      edges: [...starts, endOf(starts.at(-1) ?? 0, market)].map((ms) => ms / 1000),
      selected: selection.index,
      timeText: (seconds: number) => format.time(seconds * 1000),
      valueText: (value: number) => format.plain(value),
      onHover: hover,
      onSelect: (index: number) => {
        if (done[index]) selection.select(index);
      },
    };
    return [
      {
        ...shared,
        kind: "steps",
        band: bands.map((each) => each && { low: each.bid, high: each.ask }),
        showTimes: false,
        series: series.map((each) => drawn(each.prices, each.areaId)),
      },
      {
        ...shared,
        kind: "bars",
        band: [],
        showTimes: true,
        series: volumes.map(({ areaId, kwh }) => drawn(kwh, areaId)),
      },
    ];
  }, [starts, done, market, series, volumes, bands, selection.index, selection.select, format]);
  const readout = hovered ?? selection.index;

  const span = (index: number | null) => {
    const start = index === null ? undefined : day.startsMs[index];
    return start === undefined ? "" : format.span(start, endOf(start, market));
  };
  const bought = (index: number) => volumes.reduce((sum, { kwh }) => sum + (kwh[index] ?? 0), 0);
  const keys = (event: KeyboardEvent) => {
    const { index } = selection;
    if (event.key === "End") selection.follow();
    else if (index === null) return;
    else if (event.key === "ArrowLeft") selection.select(neighbour(day, index, -1));
    else if (event.key === "ArrowRight") selection.select(neighbour(day, index, 1));
    else if (event.key === "Home") selection.select(neighbour(day, -1, 1));
    else return;
    event.preventDefault();
  };
  const said = (index: number | null) =>
    index === null
      ? t("price.empty")
      : `${format.time(day.startsMs[index])} ` +
        series
          .map(({ areaId, prices }) => `${areaId} ${priceText(prices[index] ?? null)}`)
          .join(", ");
  const priceText = (price: number | null) =>
    price === null ? t("price.no_price") : format.price(price);

  const table = () => (
    <Table
      caption={t("price.title")}
      head={[
        t("interval.label"),
        ...series.map(({ areaId }) => `${areaId} ${unit}`),
        `${t("price.ask")} ${unit}`,
        `${t("price.bid")} ${unit}`,
        `${t("price.volume")} ${t("unit.kwh")}`,
      ]}
      rows={day.startsMs.flatMap((start, i) =>
        isCleared(day.intervals[i] ?? null)
          ? [
              {
                key: String(start),
                current: i === selection.index,
                cells: [
                  format.span(start, endOf(start, market)),
                  ...series.map(({ prices }) => format.price(prices[i])),
                  format.price(bands[i]?.ask),
                  format.price(bands[i]?.bid),
                  format.kwh(bought(i)),
                ],
              },
            ]
          : [],
      )}
    />
  );

  return (
    <Panel name="price" title={t("price.title")} note={unit} table={table}>
      <div className="readout" aria-hidden="true">
        <span className="readout-time">{span(readout)}</span>
        {series.map(({ areaId, prices }) => (
          <span key={areaId} className="readout-item">
            <Swatch {...markOf(market.areas, areaId)} />
            {areaId} <b>{readout === null ? "–" : priceText(prices[readout] ?? null)}</b>
          </span>
        ))}
        {market.last_resort.length > 0 && (
          <span className="readout-item">
            <span className="band-swatch" />
            {t("price.last_resort")}{" "}
            <b>
              {readout === null
                ? "–"
                : `${format.price(bands[readout]?.ask)} · ${format.price(bands[readout]?.bid)}`}
            </b>
          </span>
        )}
      </div>
      <div
        className="day-charts"
        role="slider"
        tabIndex={0}
        aria-label={t("price.description", { day: format.day(day.fromMs) })}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, day.startsMs.length - 1)}
        aria-valuenow={selection.index ?? 0}
        aria-valuetext={said(selection.index)}
        onKeyDown={keys}
      >
        <DayPlot name="price" look={look} chart={prices} />
        <div className="volume-label">
          {t("price.volume")} {t("unit.kwh")}{" "}
          <b>
            {readout === null || !isCleared(day.intervals[readout] ?? null)
              ? ""
              : format.kwh(bought(readout))}
          </b>
        </div>
        <DayPlot name="volume" look={look} chart={energy} />
      </div>
    </Panel>
  );
});

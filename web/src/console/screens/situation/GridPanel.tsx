// What flows between the areas, against what the lines can carry.

import { memo } from "react";
import { useTexts } from "./texts";
import { areaViews, lineViews, type AreaView, type LineView } from "../../../market/views";
import type { Interval, Market } from "../../../wire/types";
import { NetworkPicture } from "./NetworkPicture";
import { Panel, Table } from "./Panel";

/** Drawn anew only when what it shows has changed: the clock alone moves nothing in here. */
export const GridPanel = memo(function GridPanel({
  market,
  interval,
}: {
  market: Market;
  interval: Interval | null;
}) {
  const { t, format } = useTexts();
  const lines = lineViews(interval, market);
  const areas = areaViews(interval, market);
  const unit = t("unit.price", { currency: market.currency });
  const table = () => (
    <>
      <Table
        caption={t("grid.title")}
        head={[
          t("grid.line"),
          `${t("grid.sent")} ${t("unit.kw")}`,
          `${t("grid.received")} ${t("unit.kw")}`,
          `${t("grid.capacity")} ${t("unit.kw")}`,
          t("grid.loading"),
          `${t("grid.spread")} ${unit}`,
          t("health.state"),
        ]}
        left={[0, 6]}
        rows={lines.map((line) => ({
          key: line.lineId,
          cells: [
            `${line.from} → ${line.to}`,
            format.kw(line.sentW),
            format.kw(line.receivedW),
            format.kw(line.capacityW),
            format.percent(line.loadingPercent),
            format.spread(line.spreadTicks),
            lineState(line, t),
          ],
        }))}
      />
      <Table
        caption={t("grid.area")}
        head={[
          t("grid.area"),
          `${t("grid.price")} ${unit}`,
          `${t("curves.sold")} ${t("unit.kwh")}`,
          `${t("curves.bought")} ${t("unit.kwh")}`,
          t("grid.exchange"),
          `${t("grid.limit")} ${t("unit.kw")}`,
        ]}
        left={[0, 4]}
        rows={areas.map((area) => ({
          key: area.areaId,
          cells: [
            `${area.areaId} ${area.name}`,
            format.price(area.price),
            format.kwh(area.soldKwh),
            format.kwh(area.boughtKwh),
            exchangeText(area, t, format),
            area.limitW === null ? t("grid.unlimited") : format.kw(area.limitW),
          ],
        }))}
      />
    </>
  );
  return (
    <Panel
      name="grid"
      title={t("grid.title")}
      note={interval ? format.span(interval.start, interval.end) : undefined}
      table={table}
    >
      <div className="grid-body">
        <NetworkPicture market={market} lines={lines} areas={areas} interval={interval} />
        <div className="bars-column">
          <ul className="bars">
            {lines.map((line) => (
              <LineBar key={line.lineId} line={line} unit={unit} />
            ))}
            {areas
              .filter((area) => area.limitW !== null)
              .map((area) => (
                <AreaBar key={area.areaId} area={area} />
              ))}
          </ul>
          <Table
            caption={t("grid.area")}
            head={[
              t("grid.area"),
              `${t("curves.sold")} ${t("unit.kwh")}`,
              `${t("curves.bought")} ${t("unit.kwh")}`,
              `${t("grid.net")} ${t("unit.kw")}`,
            ]}
            rows={areas.map((area) => ({
              key: area.areaId,
              cells: [
                area.areaId,
                format.kwh(area.soldKwh),
                format.kwh(area.boughtKwh),
                area.exportW === null ? "–" : format.kwSigned(area.exportW),
              ],
            }))}
          />
        </div>
      </div>
    </Panel>
  );
});

type Speech = ReturnType<typeof useTexts>;

function lineState(line: LineView, t: Speech["t"]): string {
  if (line.direction === null) return t("grid.no_flow");
  return t(line.binding ? "grid.binding" : "grid.free");
}

function exchangeText(area: AreaView, t: Speech["t"], format: Speech["format"]): string {
  if (area.exportW === null) return "–";
  if (area.exportW === 0) return t("grid.even");
  const power = format.kw(Math.abs(area.exportW));
  return t(area.exportW > 0 ? "grid.exports" : "grid.imports", { power });
}

function LineBar({ line, unit }: { line: LineView; unit: string }) {
  const { t, format } = useTexts();
  return (
    <li className={line.binding ? "bar binding" : "bar"}>
      <div className="bar-head">
        <strong>
          {line.from} {line.direction === null ? "–" : "→"} {line.to}
        </strong>
        <span className="bar-state">
          {line.binding && <span aria-hidden="true">▲ </span>}
          {line.binding || line.direction === null
            ? lineState(line, t)
            : format.percent(line.loadingPercent)}
        </span>
      </div>
      <Meter part={line.loadingPercent} />
      <div className="bar-foot">
        <span>
          {format.kw(line.sentW)} / {format.kw(line.capacityW)} {t("unit.kw")}
        </span>
        <span title={t("grid.spread")}>
          <span className="unseen">{t("grid.spread")}</span>Δ {format.spread(line.spreadTicks)}{" "}
          <span className="unit">{unit}</span>
        </span>
      </div>
    </li>
  );
}

function AreaBar({ area }: { area: AreaView }) {
  const { t, format } = useTexts();
  const limitW = area.limitW ?? 0;
  const power = Math.abs(area.exportW ?? 0);
  const percent = limitW > 0 ? Math.round((100 * power) / limitW) : 0;
  return (
    <li className={percent >= 100 ? "bar binding" : "bar"}>
      <div className="bar-head">
        <strong>{area.areaId}</strong>
        <span className="bar-state">{format.percent(percent)}</span>
      </div>
      <Meter part={percent} />
      <div className="bar-foot">
        <span>{exchangeText(area, t, format)}</span>
        <span>
          {t("grid.limit")} {format.kw(limitW)} {t("unit.kw")}
        </span>
      </div>
    </li>
  );
}

/** The text beside it says the same: nothing here for those who listen. */
function Meter({ part }: { part: number }) {
  return (
    <svg className="meter" width="100%" height="8" aria-hidden="true" preserveAspectRatio="none">
      <rect className="meter-track" width="100%" height="8" rx="2" />
      <rect className="meter-fill" width={`${Math.min(100, part)}%`} height="8" rx="2" />
      <rect className="meter-end" x="100%" y="0" width="2" height="8" transform="translate(-2 0)" />
    </svg>
  );
}

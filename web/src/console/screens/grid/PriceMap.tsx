// The price of each area as a colour with its figure, and the flows between areas.

import { useMemo } from "react";
import { ChartPanel } from "../../../parts/chart/ChartPanel";
import {
  GridGraph,
  useGridMarks,
  type GridLine,
  type GridNode,
} from "../../../parts/chart/GridGraph";
import type { Column } from "../../../parts/table/columns";
import { places } from "../../../market/places";
import type { AreaView, LineView } from "../../../market/views";
import type { Market } from "../../../wire/types";
import { useTexts } from "./texts";
import type { ShownInterval } from "./useShownInterval";

/** More areas than this find their places by themselves. */
const ELLIPSE_MAX = 14;

interface Drawn {
  market: Market;
  areas: AreaView[];
  lines: LineView[];
  shown: ShownInterval;
}

export function PriceMap({ market, areas, lines, shown }: Drawn) {
  const { t, format } = useTexts();
  const marks = useGridMarks();
  const { interval } = shown;
  const unit = t("unit.price", { currency: market.currency });
  const prices = areas.flatMap(({ price }) => (price === null ? [] : [Number(price)]));
  const [low, high] = [Math.min(...prices), Math.max(...prices)];
  const nodes = useMemo<GridNode[]>(() => {
    const at =
      market.areas.length > ELLIPSE_MAX
        ? new Map<string, { x: number; y: number }>()
        : places(market, { x: 0, y: 0 }, { x: 300, y: 130 });
    return areas.map(({ areaId, name, price, exportW }) => ({
      ...{ id: areaId, label: areaId, kind: "area" as const, ...at.get(areaId) },
      value: price === null ? "–" : `${format.price(price)} ${unit}`,
      ...(price === null ? {} : { heat: high > low ? (Number(price) - low) / (high - low) : 0.5 }),
      facts: [
        name,
        ...(exportW === null
          ? []
          : [
              exportW >= 0
                ? t("exports", { power: format.kw(exportW) })
                : t("imports", { power: format.kw(-exportW) }),
            ]),
      ],
    }));
  }, [areas, market, low, high, unit, format, t]);
  const drawn = useMemo<GridLine[]>(
    () =>
      lines.map((line) => ({
        // Seen in the direction in which it carries.
        ...{ id: line.lineId, from: line.from, to: line.to, binding: line.binding },
        loading: interval?.lines == null ? null : line.loadingPercent / 100,
        ...(line.direction === null ? {} : { label: `${format.kw(line.sentW)} ${t("unit.kw")}` }),
        facts: [
          `${line.from} → ${line.to}`,
          `${format.kw(line.sentW)} / ${format.kw(line.capacityW)} ${t("unit.kw")}`,
          ...(line.binding ? [t("binds")] : []),
        ],
      })),
    [lines, interval, format, t],
  );
  const columns = useMemo<Column<AreaView>[]>(
    () => [
      { key: "area", title: t("column.area"), kind: "text", value: ({ areaId }) => areaId },
      { key: "name", title: t("column.name"), kind: "text", value: ({ name }) => name },
      {
        key: "price",
        title: t("column.price"),
        unit,
        kind: "decimal",
        value: ({ price }) => price,
        cell: ({ price }) => format.price(price),
      },
      {
        key: "sold",
        title: t("column.sold"),
        unit: t("unit.kwh"),
        kind: "decimal",
        value: ({ soldKwh }) => soldKwh,
      },
      {
        key: "bought",
        title: t("column.bought"),
        unit: t("unit.kwh"),
        kind: "decimal",
        value: ({ boughtKwh }) => boughtKwh,
      },
      {
        key: "export",
        title: t("column.net"),
        unit: t("unit.kw"),
        kind: "decimal",
        value: ({ exportW }) => (exportW === null ? null : (exportW / 1000).toFixed(3)),
      },
    ],
    [t, unit, format],
  );
  const failed =
    shown.problem === null ? {} : { failed: { ...shown.problem, onAgain: shown.again } };
  return (
    <ChartPanel<AreaView>
      name="grid-prices"
      title={t("map.title")}
      {...(interval === null ? {} : { note: format.interval(interval.start, interval.end) })}
      legend={marks}
      description={t("map.description", {
        interval: interval === null ? "–" : format.interval(interval.start, interval.end),
        prices: areas.map(({ areaId, price }) => `${areaId} ${format.price(price)}`).join(", "),
      })}
      columns={columns}
      rows={interval?.areas == null ? [] : areas}
      rowKey={({ areaId }) => areaId}
      state={shown.state}
      {...failed}
      empty={t("map.empty")}
      height={380}
      foot={prices.length > 0 && <PriceScale low={low} high={high} unit={unit} />}
    >
      <GridGraph nodes={nodes} lines={drawn} description={t("map.picture")} />
    </ChartPanel>
  );
}

/** What the colours of the map mean, in figures. */
function PriceScale({ low, high, unit }: { low: number; high: number; unit: string }) {
  const { t, format } = useTexts();
  return (
    <span className="gr-scale">
      <span>{t("map.scale")}</span>
      <b>{format.price(low)}</b>
      <span className="gr-scale-bar" aria-hidden="true" />
      <b>{format.price(high)}</b>
      <span className="p-unit">{unit}</span>
    </span>
  );
}

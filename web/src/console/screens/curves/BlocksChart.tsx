// Blocks over the day at their limit prices, against the prices of the areas: a seller's block below the
// line and a buyer's above it would gain.

import { useCallback } from "react";
import { axisOf, Diagram, tooltipOf } from "../../../parts/chart/Diagram";
import type { Palette } from "../../../parts/chart/look";
import { word } from "../../../language/words";
import type { Span } from "../../place";
import type { Block, BlockStatus } from "../../wire";
import { bars, STATUSES, type Bar, type PriceLine } from "./blocks";
import { useTexts } from "./texts";

interface Props {
  blocks: readonly Block[];
  lines: readonly PriceLine[];
  currency: string;
  day: Span;
  picked: string | null;
  onPick(orderId: string): void;
}

/** The shapes of `Fate`, as ECharts calls them. */
const SYMBOLS: Record<BlockStatus, { symbol: string; size: number; colour: string }> = {
  accepted: { symbol: "circle", size: 10, colour: "accepted" },
  partly_accepted: { symbol: "rect", size: 10, colour: "accepted" },
  paradoxically_rejected: { symbol: "diamond", size: 13, colour: "paradox" },
  rejected: { symbol: "emptyCircle", size: 9, colour: "rejected" },
};

export function BlocksChart({ blocks, lines, currency, day, picked, onPick }: Props) {
  const { t, format } = useTexts();
  const option = useCallback(
    (colour: Palette) => {
      const unit = t("unit.price", { currency });
      const byId = new Map(blocks.map((each) => [each.order_id, each]));
      const said = (name: string, price: number) => {
        const block = byId.get(name);
        if (block === undefined) return `${name}\n${format.price(price)} ${unit}`;
        const energy = `${format.exact(block.traded_kwh)} / ${format.exact(block.energy_kwh)}`;
        return [
          `${block.order_id} · ${t(`status.${block.status}`)}`,
          word(t, "reason", block.reason),
          `${t(`side.${block.side}`)} ${format.price(block.price_per_mwh)} ${unit}`,
          `${energy} ${t("unit.kwh")} · ${format.interval(block.start, block.end)}`,
        ].join("\n");
      };
      return {
        grid: { left: 8, right: 18, top: 26, bottom: 8, containLabel: true },
        xAxis: axisOf(colour, {
          type: "value",
          ...spanShown(lines, blocks, day),
          axisLabel: {
            ...{ color: colour("muted"), hideOverlap: true },
            formatter: (ms: number) => format.timeOfDay(ms),
          },
        }),
        yAxis: axisOf(colour, {
          ...{ type: "value", scale: true, name: unit, boundaryGap: ["8%", "8%"] },
          axisLabel: { color: colour("muted"), formatter: (value: number) => format.plain(value) },
        }),
        tooltip: tooltipOf(colour, {
          formatter: ({ name, value }: { name: string; value: [number, number] }) =>
            said(name, value[1]),
        }),
        series: [
          ...lines.map((line, index) => ({
            ...{ type: "line", name: line.areaId, symbol: "none", z: 1 },
            lineStyle: { color: colour(`series-${(index % 5) + 1}`), width: 1.5 },
            data: line.points.map(([ms, price]) => ({
              name: line.areaId,
              value: [ms, price ?? "-"],
            })),
          })),
          ...STATUSES.flatMap((status) =>
            (["sell", "buy"] as const).map((side) => {
              const { symbol, size, colour: ink } = SYMBOLS[status];
              return {
                ...{ type: "line", name: status, symbol, z: 3, showAllSymbol: true },
                symbolSize: (_: unknown, { name }: { name: string }) =>
                  name === picked ? size + 6 : size,
                itemStyle: { color: colour(ink), borderColor: colour(ink), borderWidth: 2 },
                lineStyle: {
                  ...{ color: colour(ink), width: 3 },
                  type: side === "buy" ? [6, 4] : "solid",
                },
                data: bars(blocks, status, side).flatMap(segment),
              };
            }),
          ),
        ],
      };
    },
    [blocks, lines, currency, day.from, day.to, picked, format, t],
  );
  return <Diagram option={option} description={t("blocks.picture")} onPick={onPick} />;
}

/** The hours the call is about; the whole day where that is not known yet. */
function spanShown(lines: readonly PriceLine[], blocks: readonly Block[], day: Span) {
  const known = [
    ...lines.flatMap(({ points }) => points.map(([ms]) => ms)),
    ...blocks.flatMap(({ start, end }) => [Date.parse(start), Date.parse(end)]),
  ];
  if (known.length === 0) return { min: Date.parse(day.from), max: Date.parse(day.to) };
  const min = known.reduce((a, b) => Math.min(a, b));
  const max = known.reduce((a, b) => Math.max(a, b));
  const hours = (max - min) / 3_600_000;
  return { min, max, interval: (hours > 12 ? 3 : 1) * 3_600_000 };
}

/** Both ends, and a gap behind them. */
const segment = ({ id, fromMs, untilMs, price }: Bar) => [
  { name: id, value: [fromMs, price] },
  { name: id, value: [untilMs, price] },
  { name: "", value: [untilMs, "-"] },
];

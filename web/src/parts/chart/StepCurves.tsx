// Supply and demand as steps, where they clear, and what became of the blocks.

import { useCallback, useMemo } from "react";
import { useSpeech } from "../../language/Speak";
import { axisOf, Diagram, tooltipOf } from "./Diagram";
import type { Mark } from "./Legend";
import type { Palette } from "./look";
import { energyShown, priceRange, steps, type CurvePoint, type Step } from "./steps";

export type BlockFate = "accepted" | "rejected" | "paradox";

export interface BlockMark {
  id: string;
  /** Currency per MWh. */
  price: string;
  /** Where it stands on the axis of energy, kWh. */
  kwh: string;
  fate: BlockFate;
}

export interface StepCurvesProps {
  /** `[price, cumulative kWh]`, as the wire has them. */
  supply: readonly CurvePoint[];
  demand: readonly CurvePoint[];
  /** Null: nothing cleared, or several areas at several prices. */
  clearing: { price: string; soldKwh: string; boughtKwh: string } | null;
  blocks?: readonly BlockMark[];
  /** Curves laid beside these for comparison, paler and dotted. */
  beside?: { label: string; supply: readonly CurvePoint[]; demand: readonly CurvePoint[] };
  currency: string;
  /** All prices; else those around the clearing price and `anchors`. */
  full?: boolean;
  anchors?: readonly (number | null)[];
  description: string;
  onPick?: (blockId: string) => void;
}

const NO_BLOCKS: readonly BlockMark[] = [];

const SYMBOL: Record<BlockFate, string> = {
  accepted: "circle",
  rejected: "circle",
  paradox: "diamond",
};

/** The legend of the curves, in the shapes in which they are drawn. */
export function useCurveMarks(blocks = false): Mark[] {
  const { t } = useSpeech();
  return [
    { key: "supply", label: t("chart.supply"), colour: "--supply" },
    { key: "demand", label: t("chart.demand"), colour: "--demand", dash: [7, 3] },
    { key: "clearing", label: t("chart.clearing"), colour: "--text", dash: [2, 3] },
    ...(blocks
      ? (
          [
            ["accepted", "circle"],
            ["rejected", "ring"],
            ["paradox", "diamond"],
          ] as const
        ).map(([fate, shape]) => ({
          ...{ key: fate, label: t(`chart.block_${fate}`), colour: `--${fate}`, shape },
        }))
      : []),
  ];
}

export function StepCurves(props: StepCurvesProps) {
  const { t, format } = useSpeech();
  const { supply, demand, clearing, blocks = NO_BLOCKS, currency, full = false } = props;
  const { beside, anchors = [] } = props;
  const drawn = useMemo(() => [steps(supply), steps(demand)] as const, [supply, demand]);
  const others = useMemo(
    () => (beside === undefined ? [] : [steps(beside.supply), steps(beside.demand)]),
    [beside],
  );
  const known = anchors.map(String).join();
  const option = useCallback(
    (colour: Palette) => {
      const price = clearing === null ? null : Number(clearing.price);
      const traded = clearing === null ? 0 : wh(clearing.soldKwh, clearing.boughtKwh);
      const all = [...drawn, ...others];
      const range = priceRange(all, [price, ...anchors], full);
      const widest = Math.max(...all.map((curve) => curve.at(-1)?.toWh ?? 0));
      const [sold, demanded] = drawn;
      return {
        grid: { left: 8, right: 16, top: 26, bottom: 8, containLabel: true },
        xAxis: axisOf(colour, {
          ...{ type: "value", min: 0, max: energyShown(widest, traded, full) / 1000 },
          ...{ name: t("unit.kwh"), nameLocation: "end", nameGap: -4 },
          // Above the line, not through it.
          nameTextStyle: {
            ...{ color: colour("muted"), align: "right", verticalAlign: "bottom" },
            padding: [0, 0, 3, 0],
          },
          axisLabel: {
            ...{ color: colour("muted"), showMaxLabel: false },
            formatter: (value: number) => format.plain(value),
          },
        }),
        yAxis: axisOf(colour, {
          ...{
            type: "value",
            min: range.low,
            max: range.high,
            name: t("unit.price", { currency }),
          },
          axisLabel: {
            ...{ color: colour("muted"), showMinLabel: false, showMaxLabel: false },
            formatter: (value: number) => format.plain(value),
          },
        }),
        dataZoom: [
          { type: "inside", xAxisIndex: 0, zoomOnMouseWheel: "ctrl", moveOnMouseWheel: false },
        ],
        tooltip: tooltipOf(colour, {
          formatter: ({ name, value }: { name: string; value: [number, number] }) =>
            `${name}\n${format.price(value[1])} ${t("unit.price", { currency })}\n` +
            `${format.plain(value[0])} ${t("unit.kwh")}`,
        }),
        series: [
          ...others.map((each, index) => ({
            ...curve(beside?.label ?? "", each, colour(index === 0 ? "supply" : "demand"), [1, 4]),
            z: 1,
          })),
          curve(t("chart.supply"), sold, colour("supply"), "solid"),
          curve(t("chart.demand"), demanded, colour("demand"), [7, 3]),
          ...(price === null || clearing === null
            ? []
            : [point(t("chart.clearing"), clearing, price, colour)]),
          ...(["accepted", "rejected", "paradox"] as const).map((fate) => ({
            ...{ type: "scatter", symbol: SYMBOL[fate], z: 4 },
            symbolSize: fate === "paradox" ? 13 : 10,
            itemStyle: {
              // What was rejected is hollow.
              color: colour(fate === "rejected" ? "surface" : fate),
              borderColor: colour(fate),
              borderWidth: 2,
            },
            data: blocks
              .filter((each) => each.fate === fate)
              .map((each) => ({ name: each.id, value: [Number(each.kwh), Number(each.price)] })),
          })),
        ],
      };
    },
    [drawn, others, beside?.label, clearing, blocks, currency, full, known, format, t],
  );
  return <Diagram option={option} description={props.description} onPick={props.onPick} />;
}

/** Only for where the picture ends: the larger of two energies, Wh. */
const wh = (...kwh: string[]) => Math.max(...kwh.map(Number)) * 1000;

function curve(name: string, drawn: readonly Step[], ink: string, dash: "solid" | number[]) {
  return {
    ...{ type: "line", name, symbol: "none", z: 2 },
    lineStyle: { color: ink, width: 2, type: dash },
    data: drawn.flatMap(({ price, fromWh, toWh }) => [
      { name, value: [fromWh / 1000, price] },
      { name, value: [toWh / 1000, price] },
    ]),
  };
}

function point(
  name: string,
  { soldKwh, boughtKwh }: { soldKwh: string; boughtKwh: string },
  price: number,
  colour: Palette,
) {
  return {
    ...{ type: "scatter", symbol: "rect", symbolSize: 11, z: 5 },
    itemStyle: { color: colour("text"), borderColor: colour("surface"), borderWidth: 1.5 },
    data: [...new Set([soldKwh, boughtKwh])].map((kwh) => ({ name, value: [Number(kwh), price] })),
    markLine: {
      ...{ silent: true, symbol: "none", label: { show: false } },
      lineStyle: { color: colour("text"), type: [2, 3], width: 1 },
      data: [{ yAxis: price }],
    },
  };
}

// The picture of supply, demand and the point where they clear; with it its table and file.

import { useMemo, useState } from "react";
import { Link } from "react-router";
import { ChartPanel } from "../../../parts/chart/ChartPanel";
import { StepCurves, useCurveMarks } from "../../../parts/chart/StepCurves";
import type { Column } from "../../../parts/table/columns";
import { Empty, Loading } from "../../../parts/state/states";
import { Panel } from "../../../parts/frame/Panel";
import { Interval } from "../../../parts/text/When";
import { local } from "../../../language/zone";
import { lastResort } from "../../../market/views";
import type { AreaCurves, CurvePoint, Market } from "../../../wire/types";
import type { CallKind, Session } from "../../wire";
import { blockMarks } from "./blocks";
import { useBlocks } from "./useBlocks";
import type { Asked } from "./Curves";
import { curveRows, factsOf, WHOLE, type CurveRow } from "./facts";
import { useTexts, type Say } from "./texts";

interface Props {
  market: Market;
  areaId: string;
  startMs: number | null;
  session: Session | null;
  /** Null: it is not known yet. */
  cleared: boolean | null;
  asked: Asked;
  beside: ({ startMs: number } & Asked) | null;
  /** Whether blocks may be read. */
  blocks: boolean;
  call: CallKind;
  day: string;
}

const NONE: readonly CurvePoint[] = [];

export function CurvesPanel(props: Props) {
  const { market, areaId, startMs, session, asked, beside } = props;
  const { t, format } = useTexts();
  const [full, setFull] = useState(false);
  const all = useBlocks(market, props.day, props.call, startMs, props.blocks);
  const area = areaOf(asked, areaId);
  const other = beside === null ? null : areaOf(beside, areaId);
  const marks = useMemo(
    () => (area === null || startMs === null ? [] : blockMarks(all.items, area, startMs)),
    [all.items, area, startMs],
  );
  const legend = useCurveMarks(marks.length > 0);
  const facts = factsOf(asked.prices.items, areaId);
  const { currency } = market;
  const clearing = useMemo(
    () =>
      facts === null || facts.price === null
        ? null
        : { price: facts.price, soldKwh: facts.soldKwh, boughtKwh: facts.boughtKwh },
    [facts?.price, facts?.soldKwh, facts?.boughtKwh],
  );
  const rows = useMemo(
    () => [
      ...(startMs === null ? [] : curveRows(new Date(startMs).toISOString(), area)),
      ...(beside === null ? [] : curveRows(new Date(beside.startMs).toISOString(), other)),
    ],
    [area, other, startMs, beside?.startMs],
  );
  const columns = useColumns(t, format.interval, market, beside !== null);
  const otherPrice = beside === null ? null : (factsOf(beside.prices.items, areaId)?.price ?? null);
  const anchors = useMemo(() => {
    if (startMs === null) return [];
    const [band] = lastResort([startMs], market, (ms) => local(ms, market.time_zone).hour);
    const other = otherPrice === null ? [] : [Number(otherPrice)];
    return [...(band ? [band.ask, band.bid] : []), ...other];
  }, [startMs, market, otherPrice]);
  const besideCurves = useMemo(
    () =>
      other === null || beside === null
        ? undefined
        : {
            ...{ supply: other.supply, demand: other.demand },
            label: format.interval(beside.startMs, beside.startMs + market.interval_minutes * 6e4),
          },
    [other, beside?.startMs, market, format],
  );
  if (props.cleared === false || (startMs === null && props.cleared !== null)) {
    return <NotCleared session={session} />;
  }
  if (startMs === null) {
    return (
      <Panel title={t("curve.title")}>
        <Loading shape="chart" />
      </Panel>
    );
  }
  const end = startMs + market.interval_minutes * 60_000;
  const name = areaId === WHOLE ? t("filter.whole") : areaId;
  const refused = asked.curves.problem;
  // Nothing may be shown: that is an answer and no failure.
  if (refused?.code === "NOT_FOUND" || (asked.curves.value !== undefined && area === null)) {
    return (
      <Panel title={t("curve.title")}>
        <Empty title={t("curve.withheld")}>{t("curve.withheld_text")}</Empty>
      </Panel>
    );
  }
  return (
    <ChartPanel<CurveRow>
      name="curves"
      title={t("curve.title")}
      note={<Interval start={startMs} end={end} day />}
      tools={
        <label className="cv-check">
          <input
            type="checkbox"
            checked={full}
            onChange={(event) => setFull(event.target.checked)}
          />
          {t("curve.full")}
        </label>
      }
      legend={[
        ...legend,
        ...(besideCurves === undefined
          ? []
          : [
              {
                ...{ key: "beside", label: t("curve.beside", { interval: besideCurves.label }) },
                ...{ colour: "--muted", dash: [1, 4] },
              },
            ]),
      ]}
      description={t("curve.description", {
        area: name,
        interval: format.interval(startMs, end),
        price:
          clearing === null
            ? t("curve.no_price")
            : `${format.price(clearing.price)} ${t("unit.price", { currency })}`,
        sold: format.kwh(facts?.soldKwh),
        bought: format.kwh(facts?.boughtKwh),
      })}
      columns={columns}
      rows={rows}
      rowKey={(row) => row.key}
      state={asked.curves.state}
      {...(refused === null ? {} : { failed: { ...refused, onAgain: () => asked.curves.again() } })}
      empty={t("curve.nobody")}
      height={380}
      foot={
        props.call === "closing" ? (
          <Link to={runPath(startMs)}>{t("curve.to_run")}</Link>
        ) : (
          t("curve.without_blocks")
        )
      }
    >
      <StepCurves
        supply={area?.supply ?? NONE}
        demand={area?.demand ?? NONE}
        clearing={clearing}
        blocks={marks}
        currency={currency}
        full={full}
        anchors={anchors}
        {...(besideCurves === undefined ? {} : { beside: besideCurves })}
        description={t("curve.picture", { area: name })}
      />
    </ChartPanel>
  );
}

const runPath = (startMs: number) =>
  `/clearing?${new URLSearchParams({ run: `closing-${Math.round(startMs / 1000)}` })}`;

const areaOf = (asked: Asked, areaId: string): AreaCurves | null =>
  asked.curves.value?.areas.find((each) => each.area_id === areaId) ?? null;

function NotCleared({ session }: { session: Session | null }) {
  const { t, format } = useTexts();
  return (
    <Panel title={t("curve.title")}>
      <Empty title={t("curve.not_cleared")}>
        {session === null
          ? t("curve.not_traded")
          : t("curve.gate_at", { time: format.stamp(session.gate_at) })}
      </Empty>
    </Panel>
  );
}

function useColumns(
  t: Say,
  interval: (start: string | number, end: null) => string,
  market: Market,
  compared: boolean,
): Column<CurveRow>[] {
  return useMemo(
    () => [
      {
        ...{ key: "start", title: t("column.interval"), kind: "time" as const },
        value: (row) => row.start,
        cell: (row) => interval(row.start, null),
        hidden: !compared,
      },
      {
        ...{ key: "side", title: t("column.curve"), kind: "text" as const },
        value: (row) => row.side,
        said: (row) => t(`curve.${row.side}`),
        cell: (row) => t(`curve.${row.side}`),
        choosable: true,
      },
      {
        ...{ key: "price", title: t("column.price"), kind: "decimal" as const },
        unit: t("unit.price", { currency: market.currency }),
        value: (row) => row.price,
      },
      {
        ...{ key: "step", title: t("column.step"), kind: "decimal" as const, unit: t("unit.kwh") },
        value: (row) => row.stepKwh,
      },
      {
        ...{ key: "cumulative", title: t("column.cumulative"), kind: "decimal" as const },
        unit: t("unit.kwh"),
        value: (row) => row.cumulativeKwh,
      },
    ],
    [t, interval, market, compared],
  );
}

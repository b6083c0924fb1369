// Earlier sessions beside this one: the same time on earlier days, or the ones just before.

import { useQueries } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { ChartPanel } from "../../../parts/chart/ChartPanel";
import { axisOf, Diagram, tooltipOf } from "../../../parts/chart/Diagram";
import type { Palette } from "../../../parts/chart/look";
import { Choose } from "../../../parts/filter/Filters";
import { decimal, decimalText, sum } from "../../../language/decimal";
import type { Column } from "../../../parts/table/columns";
import { Energy, Price } from "../../../parts/text/Quantity";
import { State } from "../../../parts/text/State";
import { Interval } from "../../../parts/text/When";
import type { Page } from "../../../wire/client";
import { useDesk } from "../../../wire/desk";
import type { Interval as Cleared, Market } from "../../../wire/types";
import type { Session } from "../../wire";
import { earlierStarts } from "./calendar";
import { useTexts, type Key } from "./texts";

/** How many sessions are laid beside. */
const DAYS = 7;

interface Props {
  market: Market;
  session: Session;
}

export function Comparison({ market, session }: Props) {
  const { t, format } = useTexts();
  const startMs = Date.parse(session.start);
  const [wish, choose] = useState<string | null>(null);
  const starts = useMemo(() => compared(market, startMs), [market, startMs]);
  const mode = wish ?? (starts.days.length > 0 ? "days" : "before");
  const shown = mode === "days" ? starts.days : starts.before;
  const { rows, state } = useIntervals(market, [...shown, startMs]);
  const columns = useColumns(market, startMs);
  const cleared = rows.filter((each) => each.areas !== null);
  return (
    <ChartPanel<Cleared>
      name="sessions-compared"
      title={t("compare.title")}
      note={<Interval start={session.start} end={session.end} />}
      tools={
        <Choose
          label={t("compare.with")}
          value={mode}
          options={[
            { value: "days", text: t("compare.days") },
            { value: "before", text: t("compare.before") },
          ]}
          all={null}
          onChange={choose}
        />
      }
      legend={market.areas.map(({ area_id, name }, index) => ({
        ...{ key: area_id, label: name, colour: `--series-${(index % 5) + 1}` },
        dash: index === 0 ? [] : [4 + 2 * index, 3],
      }))}
      description={t("compare.text", { count: format.whole(cleared.length) })}
      columns={columns}
      rows={rows.length > 1 ? rows : []}
      rowKey={(row) => row.start}
      state={state}
      empty={t(mode === "days" ? "compare.no_days" : "compare.none")}
      height={220}
    >
      <Prices market={market} rows={rows} byDay={mode === "days"} />
    </ChartPanel>
  );
}

/** Starts to compare with, oldest first, inside of the time in which the market trades. */
function compared(market: Market, startMs: number) {
  const from = Date.parse(market.trading_from);
  const traded = (ms: number) => ms >= from;
  const step = market.interval_minutes * 60_000;
  return {
    days: earlierStarts(startMs, market.time_zone, DAYS).filter(traded).reverse(),
    before: Array.from({ length: DAYS }, (_, n) => startMs - (DAYS - n) * step).filter(traded),
  };
}

/** These intervals, oldest first; each is asked for by itself and kept. */
function useIntervals(market: Market, starts: readonly number[]) {
  const desk = useDesk();
  const answers = useQueries({
    queries: starts.map((ms) => {
      const query = {
        from: new Date(ms).toISOString(),
        to: new Date(ms + market.interval_minutes * 60_000).toISOString(),
      };
      const path = "/v1/markets/{market}/intervals";
      const params = { market: market.market_id };
      return {
        queryKey: [path, params, query],
        queryFn: ({ signal }: { signal: AbortSignal }) =>
          desk.read<Page<Cleared>>(path, { params, query, signal }),
      };
    }),
  });
  const busy = answers.some(({ data, isError }) => data === undefined && !isError);
  return {
    rows: answers.flatMap(({ data }) => data?.items ?? []),
    state: busy ? ("loading" as const) : ("ready" as const),
  };
}

function useColumns(market: Market, startMs: number): Column<Cleared>[] {
  const { t, format } = useTexts();
  return useMemo((): Column<Cleared>[] => {
    const priceOf = (row: Cleared, id: string) =>
      row.areas?.find(({ area_id }) => area_id === id)?.price_per_mwh ?? null;
    const bought = (row: Cleared) =>
      row.areas === null
        ? null
        : decimalText(sum(row.areas.flatMap(({ bought_kwh }) => decimal(bought_kwh) ?? [])));
    return [
      {
        ...{ key: "start", title: t("compare.session"), kind: "time", width: 210, card: "title" },
        value: (row) => row.start,
        cell: (row) => (
          <>
            {Date.parse(row.start) === startMs && <b>{t("compare.this")} </b>}
            <Interval start={row.start} end={row.end} day />
          </>
        ),
      },
      ...market.areas.map(({ area_id }): Column<Cleared> => ({
        ...{ key: `price ${area_id}`, title: area_id, kind: "decimal" },
        unit: t("unit.price", { currency: market.currency }),
        value: (row) => priceOf(row, area_id),
        cell: (row) => <Price value={priceOf(row, area_id)} currency={market.currency} bare />,
      })),
      {
        ...{ key: "bought", title: t("compare.bought"), kind: "decimal", unit: t("unit.kwh") },
        value: bought,
        cell: (row) => <Energy kwh={bought(row)} least={3} />,
      },
      {
        ...{ key: "trades", title: t("fact.trades"), kind: "decimal" },
        value: (row) => row.trades,
        cell: (row) => format.whole(row.trades),
      },
      {
        ...{ key: "solve", title: t("fact.solve"), kind: "decimal", unit: t("unit.ms") },
        value: (row) => row.solve_ms,
        cell: (row) => format.whole(row.solve_ms),
      },
      {
        ...{ key: "rung", title: t("fact.rung"), kind: "text" },
        value: (row) => row.rung,
        said: (row) => (row.rung === null ? "" : t(`rung.${row.rung}` as Key)),
        cell: (row) =>
          row.rung === null ? (
            "–"
          ) : (
            <State tone={row.rung === "optimal" ? "good" : "warning"}>
              {t(`rung.${row.rung}` as Key)}
            </State>
          ),
      },
    ];
  }, [market, startMs, t, format]);
}

interface PricesProps {
  market: Market;
  rows: readonly Cleared[];
  byDay: boolean;
}

/** A point for each session and area; the last one is the session that is looked at. */
function Prices({ market, rows, byDay }: PricesProps) {
  const { t, format } = useTexts();
  const option = useCallback(
    (colour: Palette) => {
      const unit = t("unit.price", { currency: market.currency });
      return {
        grid: { left: 8, right: 24, top: 26, bottom: 8, containLabel: true },
        xAxis: axisOf(colour, {
          type: "category",
          data: rows.map(({ start }) => (byDay ? format.dayShort(start) : format.timeOfDay(start))),
        }),
        yAxis: axisOf(colour, { type: "value", scale: true, name: unit }),
        tooltip: tooltipOf(colour, {
          formatter: ({ seriesName, value }: { seriesName: string; value: number }) =>
            `${seriesName}\n${format.price(value)} ${unit}`,
        }),
        series: market.areas.map(({ area_id, name }, index) => {
          const ink = colour(`series-${(index % 5) + 1}`);
          return {
            ...{ type: "line", name, symbol: "circle", symbolSize: 8 },
            itemStyle: { color: ink },
            lineStyle: { color: ink, type: index === 0 ? "solid" : [4 + 2 * index, 3] },
            data: rows.map(({ areas }) => {
              const price = areas?.find((each) => each.area_id === area_id)?.price_per_mwh;
              return price == null ? "-" : Number(price);
            }),
          };
        }),
      };
    },
    [market, rows, byDay, format, t],
  );
  return <Diagram option={option} description={t("compare.picture")} />;
}

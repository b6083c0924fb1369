// The pictures of a report: what is drawn is added up in `report.ts`, what stands behind is the wire's own table.

import { useCallback, useMemo } from "react";
import { word } from "../../../language/words";
import {
  Categories,
  marksOf,
  SERIES_COLOURS,
  SERIES_DASHES,
  type Series,
} from "../../../parts/chart/Categories";
import { ChartPanel } from "../../../parts/chart/ChartPanel";
import { MirrorBars } from "../../../parts/chart/MirrorBars";
import type { Column } from "../../../parts/table/columns";
import { useCells } from "./cells";
import { READINGS } from "./figures";
import {
  pricesByArea,
  readingsByDay,
  revenueByKind,
  volumesByVenue,
  type AreaPrice,
  type Certificates,
  type Completeness,
  type Imbalance,
  type Report,
  type Revenue,
  type Volume,
} from "./report";
import { useTexts, type Key } from "./texts";

interface Props {
  report: Report;
}

const ink = (place: number) => SERIES_COLOURS[place % SERIES_COLOURS.length] ?? "";
const rowKey = (row: object) => Object.values(row).join(" ");

export function RevenueChart({ report: { period, revenue, currency } }: Props) {
  const { t, format } = useTexts();
  const { money, coded, account, count } = useCells<Revenue>(currency);
  const kind = useCallback(
    (code: string) => t(`posting.${code}` as Key, { defaultValue: code }),
    [t],
  );
  const rows = useMemo(() => revenueByKind(revenue), [revenue]);
  const columns = useMemo<Column<Revenue>[]>(
    () => [
      { ...coded("kind", kind, null, 220), card: "title" },
      account("account", 170),
      money("received_amount"),
      money("given_amount"),
      money("net_amount"),
      count("postings"),
    ],
    [coded, kind, account, money, count],
  );
  const labels = useMemo(() => rows.map((row) => kind(row.kind)), [rows, kind]);
  const series = useMemo<Series[]>(
    () => [
      {
        ...{ key: "received", label: t("column.received"), colour: "--series-1" },
        values: rows.map(({ received_amount }) => received_amount),
      },
      {
        ...{ key: "given", label: t("column.given"), colour: "--series-2" },
        values: rows.map(({ given_amount }) => given_amount),
      },
    ],
    [rows, t],
  );
  const description = t("report.revenue_text", { count: format.whole(rows.length) });
  return (
    <ChartPanel<Revenue>
      name={`revenue-${period}`}
      title={t("report.revenue")}
      note={t("report.revenue_note")}
      legend={marksOf(series)}
      {...{ description, columns, rows }}
      rowKey={({ kind: code }) => code}
      empty={t("report.nothing")}
      height={80 + 34 * rows.length}
    >
      <Categories {...{ labels, series, description }} unit={currency} lying />
    </ChartPanel>
  );
}

export function PricesChart({ report: { period, prices, currency } }: Props) {
  const { t, format } = useTexts();
  const { text, day, time, energy } = useCells<AreaPrice>(currency);
  const unit = t("unit.price", { currency });
  const columns = useMemo<Column<AreaPrice>[]>(() => {
    const price = (
      key: "price_per_mwh" | "mean_per_mwh" | "min_per_mwh" | "max_per_mwh",
    ): Column<AreaPrice> => ({
      ...{ key, title: t(`column.${key}`), kind: "decimal", unit, width: 120 },
      value: (row) => row[key],
      cell: (row) => format.price(row[key]),
    });
    return [
      { ...text("area_id", 90), card: "title" },
      day("day"),
      time("start"),
      price("price_per_mwh"),
      price("mean_per_mwh"),
      price("min_per_mwh"),
      price("max_per_mwh"),
      energy("energy_kwh"),
    ];
  }, [t, format, unit, text, day, time, energy]);
  const { places, areas } = useMemo(() => pricesByArea(prices), [prices]);
  const labels = useMemo(
    () =>
      places.map((place) =>
        place.length === 10 ? format.dayShort(`${place}T12:00:00Z`) : format.timeOfDay(place),
      ),
    [places, format],
  );
  const series = useMemo<Series[]>(
    () =>
      areas.map(({ area_id, prices: values }, place) => ({
        ...{ key: area_id, label: area_id, colour: ink(place), values },
        dash: SERIES_DASHES[place % SERIES_DASHES.length] ?? [],
      })),
    [areas],
  );
  const description = t("report.prices_text", { count: format.whole(areas.length) });
  return (
    <ChartPanel<AreaPrice>
      name={`prices-${period}`}
      title={t("report.prices")}
      note={t("report.prices_note")}
      legend={marksOf(series, "lines")}
      {...{ description, columns }}
      rows={prices}
      rowKey={rowKey}
      empty={t("report.nothing")}
      height={260}
    >
      <Categories {...{ labels, series, unit, description }} kind="lines" />
    </ChartPanel>
  );
}

export function VolumesChart({ report: { period, volumes, currency } }: Props) {
  const { t, format } = useTexts();
  const { coded, energy, money, count } = useCells<Volume>(currency);
  const venue = useCallback((code: string) => word(t, "venue", code), [t]);
  const columns = useMemo<Column<Volume>[]>(
    () => [
      { ...coded("venue", venue), card: "title" },
      coded("side", (code) => t(`side.${code as Volume["side"]}`), null, 90),
      coded(
        "unit_kind",
        (code) => t(`unit_kind.${code}` as Key, { defaultValue: code }),
        null,
        120,
      ),
      count("trades"),
      energy("energy_kwh"),
      money("amount"),
    ],
    [t, coded, venue, energy, money, count],
  );
  const rows = useMemo(
    () =>
      volumesByVenue(volumes).map((each) => ({
        ...{ key: each.venue, label: venue(each.venue) },
        ...{ up: each.bought, down: each.sold },
      })),
    [volumes, venue],
  );
  const description = t("report.volumes_text", { count: format.whole(rows.length) });
  return (
    <ChartPanel<Volume>
      name={`volumes-${period}`}
      title={t("report.volumes")}
      legend={[
        { key: "up", label: t("report.bought"), colour: "--demand", shape: "square" },
        { key: "down", label: t("report.sold"), colour: "--supply", shape: "square" },
      ]}
      {...{ description, columns, rowKey }}
      rows={volumes}
      empty={t("report.nothing")}
      height={240}
    >
      <MirrorBars
        {...{ rows, description }}
        upLabel={t("report.bought")}
        downLabel={t("report.sold")}
        unit={t("unit.kwh")}
      />
    </ChartPanel>
  );
}

export function ImbalanceChart({ report: { period, imbalance, currency } }: Props) {
  const { t, format } = useTexts();
  const { text, energy, money } = useCells<Imbalance>(currency);
  const columns = useMemo<Column<Imbalance>[]>(
    () => [
      { ...text("area_id", 90), card: "title" },
      energy("long_kwh"),
      energy("short_kwh"),
      energy("net_kwh"),
      money("long_received_amount"),
      money("short_paid_amount"),
      money("cost_amount"),
    ],
    [text, energy, money],
  );
  const rows = useMemo(
    () =>
      imbalance.map((each) => ({
        ...{ key: each.area_id, label: each.area_id },
        ...{ up: each.long_kwh, down: each.short_kwh },
      })),
    [imbalance],
  );
  const description = t("report.imbalance_text", { count: format.whole(rows.length) });
  return (
    <ChartPanel<Imbalance>
      name={`imbalance-${period}`}
      title={t("report.imbalance")}
      note={t("report.imbalance_note")}
      legend={[
        { key: "up", label: t("column.long_kwh"), colour: "--series-3", shape: "square" },
        { key: "down", label: t("column.short_kwh"), colour: "--series-2", shape: "square" },
      ]}
      {...{ description, columns, rowKey }}
      rows={imbalance}
      empty={t("report.nothing")}
      height={240}
    >
      <MirrorBars
        {...{ rows, description }}
        upLabel={t("column.long_kwh")}
        downLabel={t("column.short_kwh")}
        upColour="--series-3"
        downColour="--series-2"
        unit={t("unit.kwh")}
      />
    </ChartPanel>
  );
}

export function CompletenessChart({ report: { period, completeness, currency } }: Props) {
  const { t, format } = useTexts();
  const { day, coded, count } = useCells<Completeness>(currency);
  const reading = useCallback(
    (code: string) => {
      const known = READINGS.find((each) => each === code);
      return known ? t(`reading.${known}`) : word(t, "reason", code);
    },
    [t],
  );
  const columns = useMemo<Column<Completeness>[]>(
    () => [
      { ...day("day"), card: "title" },
      coded("reading", reading, null, 200),
      count("unit_intervals", 130),
    ],
    [day, coded, reading, count],
  );
  const { days, readings } = useMemo(() => readingsByDay(completeness), [completeness]);
  const labels = useMemo(
    () => days.map((day) => format.dayShort(`${day}T12:00:00Z`)),
    [days, format],
  );
  const series = useMemo<Series[]>(
    () =>
      readings.map(({ reading: code, counts }, place) => ({
        ...{ key: code, label: reading(code), colour: ink(place), values: counts },
      })),
    [readings, reading],
  );
  const known = completeness.some(({ unit_intervals }) => unit_intervals > 0);
  const description = t("report.completeness_text", { count: format.whole(days.length) });
  return (
    <ChartPanel<Completeness>
      name={`completeness-${period}`}
      title={t("report.completeness")}
      note={t("report.completeness_note")}
      legend={marksOf(series)}
      {...{ description, columns, rowKey }}
      rows={known ? completeness : []}
      empty={t("report.not_settled")}
      height={240}
    >
      <Categories {...{ labels, series, description }} unit="" stacked lying={days.length < 4} />
    </ChartPanel>
  );
}

const BECAME = ["own_use_kwh", "used_kwh", "kept_kwh"] as const;

export function CertificatesChart({ report: { period, certificates, currency } }: Props) {
  const { t, format } = useTexts();
  const { coded, energy } = useCells<Certificates>(currency);
  const source = useCallback(
    (code: string) => t(`source.${code}` as Key, { defaultValue: code }),
    [t],
  );
  const columns = useMemo<Column<Certificates>[]>(
    () => [
      { ...coded("unit_kind", source), card: "title" },
      energy("issued_kwh"),
      ...BECAME.map((key) => energy(key)),
      energy("carried_kwh"),
      energy("moved_kwh"),
      energy("retired_kwh"),
      energy("exported_kwh"),
      energy("left_kwh"),
    ],
    [coded, source, energy],
  );
  const labels = useMemo(
    () => certificates.map(({ unit_kind }) => source(unit_kind)),
    [certificates, source],
  );
  const series = useMemo<Series[]>(
    () =>
      BECAME.map((key, place) => ({
        ...{ key, label: t(`column.${key}`), colour: ink(place + 2) },
        values: certificates.map((row) => row[key]),
      })),
    [certificates, t],
  );
  const description = t("report.certificates_text", { count: format.whole(certificates.length) });
  return (
    <ChartPanel<Certificates>
      name={`certificates-${period}`}
      title={t("report.certificates")}
      note={t("report.certificates_note")}
      legend={marksOf(series)}
      {...{ description, columns, rowKey }}
      rows={certificates}
      empty={t("report.not_settled")}
      height={240}
    >
      <Categories {...{ labels, series, description }} unit={t("unit.kwh")} stacked lying />
    </ChartPanel>
  );
}

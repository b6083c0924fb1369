// What a device's meter read on a day, and when it said nothing.

import { useMemo, useState } from "react";
import type { Format } from "../../../language/format";
import { dayStarts, localDate } from "../../../language/zone";
import { ChartPanel } from "../../../parts/chart/ChartPanel";
import { MirrorBars } from "../../../parts/chart/MirrorBars";
import { DayPicker } from "../../../parts/filter/DayPicker";
import type { Column } from "../../../parts/table/columns";
import { State } from "../../../parts/text/State";
import { useMarket } from "../../../shell/markets";
import { useList } from "../../../wire/queries";
import { useUnitNews, type Device, type MeterReading } from "../own";
import { gapsOf, readRows, type ReadRow } from "./devices";
import { useTexts, type Say } from "./texts";

const READINGS = "/v1/markets/{market}/measurements";

export function Readings({ device, nowMs }: { device: Device; nowMs: number }) {
  const { t, format } = useTexts();
  const { time_zone, interval_minutes, trading_from } = useMarket();
  const today = localDate(nowMs, time_zone);
  const [day, setDay] = useState(today);
  const starts = dayStarts(day, time_zone, interval_minutes);
  const iso = (ms: number | undefined) => new Date(ms ?? 0).toISOString().replace(".000Z", "Z");
  const read = useList(READINGS, {
    query: {
      unit_id: device.unit_id,
      from: iso(starts[0]),
      to: iso((starts.at(-1) ?? 0) + interval_minutes * 60_000),
    },
    all: true,
    keep: true,
  });
  useUnitNews([device.unit_id], READINGS);
  const step = interval_minutes * 60_000;
  const upTo = Math.floor(nowMs / step) * step;
  const rows = useMemo(
    () => readRows(day, time_zone, interval_minutes, read.items as unknown as MeterReading[], upTo),
    [day, time_zone, interval_minutes, read.items, upTo],
  );
  const bars = useMemo(
    () =>
      rows.map(({ start, reading }) => ({
        key: start,
        label: format.timeOfDay(start),
        up: reading?.consumption_kwh ?? "0",
        down: reading?.generation_kwh ?? "0",
      })),
    [rows, format],
  );
  const gaps = gapsOf(rows);
  const columns = useMemo(() => columnsOf(t, format), [t, format]);
  const description = t("readings.description", {
    unit: device.unit_id,
    day: format.day(`${day}T12:00:00Z`),
    count: rows.filter(({ reading }) => reading !== null).length,
    gaps: gaps.length,
  });
  return (
    <ChartPanel
      name={`readings-${device.unit_id}-${day}`}
      title={t("readings.title")}
      note={device.unit_id}
      tools={
        <DayPicker
          label={t("readings.day")}
          value={day}
          min={localDate(Date.parse(trading_from), time_zone)}
          max={today}
          onChange={setDay}
        />
      }
      legend={[
        { key: "took", label: t("took"), colour: "--demand", shape: "square" },
        { key: "gave", label: t("gave"), colour: "--supply", shape: "square" },
      ]}
      {...{ description, columns }}
      rows={read.state === "ready" && read.items.length > 0 ? rows : []}
      rowKey={({ start }) => start}
      state={read.state}
      {...(read.problem === null
        ? {}
        : {
            failed: { code: read.problem.code, traceId: read.problem.traceId, onAgain: read.again },
          })}
      empty={t("readings.none")}
      height={260}
      foot={
        gaps.length === 0 ? (
          <State tone="good">{t("readings.no_gaps")}</State>
        ) : (
          <State tone="warning">
            {t("readings.gaps")}{" "}
            {gaps.map(({ start, end }) => format.interval(start, end)).join(", ")}
          </State>
        )
      }
    >
      <MirrorBars
        rows={bars}
        upLabel={t("took")}
        downLabel={t("gave")}
        unit={t("unit.kwh")}
        description={description}
      />
    </ChartPanel>
  );
}

function columnsOf(t: Say, format: Format): Column<ReadRow>[] {
  const energy = (
    key: "consumption_kwh" | "generation_kwh" | "state_of_charge_kwh",
    title: string,
  ) => ({
    ...{ key, title, unit: t("unit.kwh"), kind: "decimal" as const },
    value: ({ reading }: ReadRow) => reading?.[key],
    cell: ({ reading }: ReadRow) => format.kwh(reading?.[key]),
  });
  return [
    {
      ...{ key: "start", title: t("readings.interval"), kind: "time", card: "title" },
      value: ({ start }) => start,
      cell: ({ start, end }) => format.interval(start, end),
    },
    energy("consumption_kwh", t("took")),
    energy("generation_kwh", t("gave")),
    energy("state_of_charge_kwh", t("full")),
    {
      ...{ key: "standing", title: t("readings.standing"), kind: "text" },
      value: ({ reading, missing }) =>
        reading === null
          ? t(missing ? "readings.missing" : "readings.later")
          : reading.substituted
            ? t("substituted")
            : reading.doubt !== null
              ? t("doubtful")
              : t("readings.read"),
    },
  ];
}

// What one used and produced, by day, week or month: where it came from and where it went.

import { useCallback, useMemo, useState } from "react";
import { partPpm } from "../../../language/decimal";
import { localDate } from "../../../language/zone";
import type { Format } from "../../../language/format";
import { IconButton } from "../../../parts/Button";
import { ChartPanel } from "../../../parts/chart/ChartPanel";
import { DayPicker } from "../../../parts/filter/DayPicker";
import { Choose, Filters } from "../../../parts/filter/Filters";
import { Figure, Tiles } from "../../../parts/frame/Figures";
import { Page } from "../../../parts/frame/Page";
import { Empty, Failed, Loading } from "../../../parts/state/states";
import type { Column } from "../../../parts/table/columns";
import { Energy as Kwh, Power } from "../../../parts/text/Quantity";
import { State } from "../../../parts/text/State";
import { Time } from "../../../parts/text/When";
import { useClock, useNews } from "../../../shell/live";
import { useMarket } from "../../../shell/markets";
import { useSession } from "../../../shell/session";
import { useList } from "../../../wire/queries";
import { ENERGY, type EnergyPeriod, type EnergySlot } from "../own";
import { Coverage } from "./Coverage";
import { EnergyBars, PARTS } from "./EnergyBars";
import {
  barsOfDay,
  barsOfDays,
  daysOf,
  moved,
  rangeOf,
  slotsByDay,
  summary,
  type Bar,
  type Summary,
  type View,
} from "./energy";
import { useTexts, type Say } from "./texts";
import "./energy.css";

const VIEWS: readonly View[] = ["day", "week", "month"];

export default function Energy() {
  const { t } = useTexts();
  const nowMs = useClock()?.nowMs ?? null;
  if (nowMs === null) {
    return (
      <Page title={t("title")}>
        <Loading shape="chart" />
      </Page>
    );
  }
  return <Chosen nowMs={nowMs} />;
}

function Chosen({ nowMs }: { nowMs: number }) {
  const { t, format } = useTexts();
  const market = useMarket();
  const { session } = useSession();
  const today = localDate(nowMs, market.time_zone);
  const first = localDate(Date.parse(market.trading_from), market.time_zone);
  const [view, setView] = useState<View>("day");
  const [day, setDay] = useState(today);
  const range = rangeOf(view, day);
  const query = { from_day: range.from, to_day: range.to };
  const days = useList(ENERGY, { query: { ...query, by: "day" }, all: true, keep: true });
  const fine = view !== "month";
  const slots = useList(ENERGY, {
    query: { ...query, by: "interval" },
    all: true,
    when: fine,
    keep: true,
  });
  useNews("account", session?.participant_id ?? null, ENERGY);
  const periods = days.items as EnergyPeriod[];
  const sums = useMemo(() => summary(periods), [periods]);
  const name =
    view === "day"
      ? format.day(`${day}T12:00:00Z`)
      : view === "month"
        ? format.month(`${day}T12:00:00Z`)
        : `${format.dayShort(`${range.from}T12:00:00Z`)} – ${format.dayShort(`${range.to}T12:00:00Z`)}`;
  return (
    <Page title={t("title")} description={t("description")}>
      <Filters label={t("filter_label")}>
        <Choose
          label={t("view_label")}
          value={view}
          all={null}
          options={VIEWS.map((value) => ({ value, text: t(`view.${value}`) }))}
          onChange={(next) => next && setView(next as View)}
        />
        {view === "day" ? (
          <DayPicker label={t("day")} value={day} min={first} max={today} onChange={setDay} />
        ) : (
          <span className="energy-range" role="group" aria-label={t(`view.${view}`)}>
            <IconButton
              icon="back"
              label={t("before")}
              isDisabled={range.from <= first}
              onPress={() => setDay(moved(view, day, -1))}
            />
            <b aria-live="polite">{name}</b>
            <IconButton
              icon="open"
              label={t("after")}
              isDisabled={range.to >= today}
              onPress={() => setDay(moved(view, day, 1))}
            />
          </span>
        )}
      </Filters>
      {days.state === "failed" && days.problem ? (
        <Failed {...days.problem} onAgain={days.again} />
      ) : days.state === "loading" ? (
        <Loading shape="tiles" rows={6} />
      ) : sums === null ? (
        <Empty title={t("none_title")}>{t("none")}</Empty>
      ) : (
        <>
          <Sums of={sums} />
          <Bars
            {...{ view, range, name }}
            periods={periods}
            slots={slots.items as EnergySlot[]}
            loading={fine && slots.state === "loading"}
          />
          {fine && (
            <Coverage
              days={slotsByDay(
                daysOf(range).filter((each) => each >= first && each <= today),
                market.time_zone,
                market.interval_minutes,
                slots.items as EnergySlot[],
              )}
            />
          )}
        </>
      )}
    </Page>
  );
}

function Sums({ of }: { of: Summary }) {
  const { t, format } = useTexts();
  const own = partPpm(of.own, of.used);
  const self = partPpm(of.own, of.produced);
  const neighbours = of.neighbours === null ? null : partPpm(of.neighbours, of.bought);
  return (
    <Tiles label={t("sums")}>
      <Figure
        label={t("used")}
        note={own !== null && t("own_part", { part: format.share(own, 0) })}
        state={
          <State tone={of.settled ? "good" : "unknown"} icon={of.settled ? "good" : "waiting"}>
            {t(of.settled ? "settled" : "preliminary")}
          </State>
        }
      >
        <Kwh kwh={of.used} />
      </Figure>
      <Figure
        label={t("produced")}
        note={self !== null && t("self_part", { part: format.share(self, 0) })}
      >
        <Kwh kwh={of.produced} />
      </Figure>
      <Figure
        label={t("bought")}
        note={neighbours !== null && t("neighbours_part", { part: format.share(neighbours, 0) })}
      >
        <Kwh kwh={of.bought} />
      </Figure>
      <Figure label={t("sold")}>
        <Kwh kwh={of.sold} />
      </Figure>
      <Figure
        label={t("covered")}
        note={t("covered_of", { part: of.covered_intervals, whole: of.used_intervals })}
      >
        {of.used_intervals === 0
          ? "–"
          : format.share(partPpm(String(of.covered_intervals), String(of.used_intervals)), 0)}
      </Figure>
      <Figure label={t("last_resort")}>
        <Kwh kwh={of.last_resort} />
      </Figure>
      <Figure label={t("peak_import")} note={of.import_peak && <Time at={of.import_peak.at} day />}>
        <Power kw={of.import_peak?.kw ?? "0"} />
      </Figure>
      <Figure label={t("peak_export")} note={of.export_peak && <Time at={of.export_peak.at} day />}>
        <Power kw={of.export_peak?.kw ?? "0"} />
      </Figure>
    </Tiles>
  );
}

interface BarsProps {
  view: View;
  range: { from: string; to: string };
  name: string;
  periods: readonly EnergyPeriod[];
  slots: readonly EnergySlot[];
  loading: boolean;
}

function Bars({ view, range, name, periods, slots, loading }: BarsProps) {
  const { t, format } = useTexts();
  const { time_zone, interval_minutes } = useMarket();
  const { from, to } = range;
  const bars = useMemo(
    () =>
      view === "day"
        ? barsOfDay(from, time_zone, interval_minutes, slots)
        : barsOfDays(daysOf({ from, to }), periods),
    [view, from, to, time_zone, interval_minutes, slots, periods],
  );
  const labelOf = useCallback(
    (each: Bar) =>
      each.end === null ? format.dayShort(`${each.key}T12:00:00Z`) : format.timeOfDay(each.start),
    [format],
  );
  const columns = useMemo(() => columnsOf(t, format), [t, format]);
  const description = t("bars.description", { name, count: bars.length });
  return (
    <ChartPanel
      name={`energy-${from}${to === from ? "" : `-${to}`}`}
      title={t("bars.title")}
      note={name}
      legend={PARTS.map(({ key, colour }) => ({
        ...{ key, colour, label: t(`part.${key}`), shape: "square" as const },
      }))}
      {...{ description, columns }}
      rows={loading ? [] : bars}
      rowKey={({ key }) => key}
      state={loading ? "loading" : "ready"}
      empty={t("none")}
      height={320}
      foot={t("bars.foot")}
    >
      <EnergyBars {...{ bars, labelOf, description }} />
    </ChartPanel>
  );
}

function columnsOf(t: Say, format: Format): Column<Bar>[] {
  const unit = t("unit.kwh");
  const energy = (key: (typeof PARTS)[number]["key"] | "used" | "produced", title: string) => ({
    ...{ key, title, unit, kind: "decimal" as const },
    value: (row: Bar) => (row.read ? row[key] : null),
    cell: (row: Bar) => (row.read ? format.kwh(row[key]) : "–"),
  });
  return [
    {
      ...{ key: "start", title: t("bars.time"), kind: "time", card: "title" },
      value: ({ start }) => start,
      cell: ({ start, end }) =>
        end === null ? format.day(`${start}T12:00:00Z`) : format.interval(start, end),
    },
    energy("used", t("used")),
    energy("produced", t("produced")),
    ...PARTS.map(({ key }) => energy(key, t(`part.${key}`))),
    {
      ...{ key: "covered", title: t("covered"), kind: "text" },
      value: ({ covered }) =>
        covered === null ? t("cover.none") : t(covered ? "cover.yes" : "cover.no"),
    },
    {
      ...{ key: "settled", title: t("standing"), kind: "text" },
      value: ({ settled, read }) =>
        read ? t(settled ? "settled" : "preliminary") : t("bars.unread"),
    },
  ];
}

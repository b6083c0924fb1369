// The screen "Grid and areas": prices and flows between areas, the wires inside them, every unit, and who gives way.

import { useMemo } from "react";
import { useSession } from "../../../shell/session";
import { useLive } from "../../../shell/live";
import { useMarket } from "../../../shell/markets";
import { lineViews } from "../../../market/views";
import { Button } from "../../../parts/Button";
import { DayPicker } from "../../../parts/filter/DayPicker";
import { Filters, IntervalPicker } from "../../../parts/filter/Filters";
import { Figure, Tiles } from "../../../parts/frame/Figures";
import { Page } from "../../../parts/frame/Page";
import { Tabs } from "../../../parts/frame/Tabs";
import { Loading, Stale } from "../../../parts/state/states";
import { State } from "../../../parts/text/State";
import { useRead } from "../../../wire/queries";
import type { Market } from "../../../wire/types";
import { tradedDays, useMarketNow, usePlace } from "../../place";
import { Areas } from "./Areas";
import { Cuts } from "./Cuts";
import { Members } from "./Members";
import { NetworkPanel } from "./NetworkPanel";
import { useTexts } from "./texts";
import { countsOf } from "./units";
import { useShownInterval, type ShownInterval } from "./useShownInterval";
import { useUnits, type Units } from "./useUnits";
import "./grid.css";

const VIEWS = ["areas", "network", "members", "cuts"] as const;
type View = (typeof VIEWS)[number];
/** Which set-point holds is looked at this often. */
const COARSE_MS = 5_000;

export default function Grid() {
  const { t, format } = useTexts();
  const market = useMarket();
  const { live, sinceMs } = useLive();
  const now = useMarketNow();
  const coarse = now === null ? null : Math.floor(now / COARSE_MS) * COARSE_MS;
  const [place, move] = usePlace("view", "member", "area", "day", "start", "by");
  const shown = useShownInterval(market, place.start, place.day, coarse);
  const units = useUnits(market, coarse);
  const networks = useRead("/v1/markets/{market}/networks");
  const counts = useMemo(() => countsOf(units.rows), [units.rows]);
  // An address that names a member means the tree.
  const view =
    VIEWS.find((each) => each === place.view) ?? (place.member === undefined ? "areas" : "members");
  const { day, startMs } = shown;
  return (
    <Page title={t("nav.grid")} description={t("about")}>
      <Filters label={t("when")}>
        {day !== null && (
          <>
            <DayPicker
              label={t("day")}
              value={day}
              {...tradedDays(market)}
              onChange={(next) => move({ day: next, start: null })}
            />
            <IntervalPicker
              label={t("interval")}
              day={day}
              minutes={market.interval_minutes}
              value={startMs}
              onChange={(ms) => move({ start: iso(ms), day: null })}
            />
          </>
        )}
        <Button
          kind="quiet"
          isDisabled={shown.following}
          onPress={() => move({ start: null, day: null })}
        >
          {t("newest")}
        </Button>
      </Filters>
      <Stale stale={!live} since={sinceMs}>
        <div className="gr-body">
          <Summary market={market} shown={shown} units={units} />
          <Tabs<View>
            label={t("nav.grid")}
            shown={view}
            onShow={(next) => move({ view: next })}
            tabs={[
              {
                key: "areas",
                title: t("tab.areas"),
                count: format.whole(market.areas.length),
                content: () => <Areas market={market} shown={shown} units={units.rows} />,
              },
              {
                key: "network",
                title: t("tab.network"),
                count: format.whole(networks.value?.items.length ?? 0),
                content: () => (
                  <NetworkPanel
                    networks={networks}
                    startMs={startMs}
                    area={place.area}
                    by={place.by === "readings" ? "readings" : "schedule"}
                    onArea={(area) => move({ area })}
                    onBy={(by) => move({ by })}
                    onMember={(member) => move({ member, view: "members" }, { keep: true })}
                  />
                ),
              },
              {
                key: "members",
                title: t("tab.members"),
                count: format.whole(counts.units),
                content: () => (
                  <Members
                    market={market}
                    units={units}
                    nowMs={coarse}
                    interval={shown.interval}
                    member={place.member ?? null}
                    onMember={(member) => move({ member, view: "members" })}
                  />
                ),
              },
              {
                key: "cuts",
                title: t("tab.cuts"),
                content: () =>
                  day === null ? <Loading shape="chart" /> : <Cuts market={market} day={day} />,
              },
            ]}
          />
        </div>
      </Stale>
    </Page>
  );
}

const iso = (ms: number) => new Date(ms).toISOString().replace(".000Z", "Z");

/** What is the matter, at a glance. */
function Summary({ market, shown, units }: { market: Market; shown: ShownInterval; units: Units }) {
  const { t, format } = useTexts();
  const { session } = useSession();
  const lines = lineViews(shown.interval, market);
  const binding = lines.filter(({ binding }) => binding);
  const fullest = lines.toSorted((a, b) => b.loadingPercent - a.loadingPercent)[0];
  const counts = countsOf(units.rows);
  const own = session?.role === "area";
  const flowing = shown.interval?.lines != null;
  const word = (count: number) => (
    <State tone={count > 0 ? "warning" : "good"}>{t(count > 0 ? "look_at" : "all_well")}</State>
  );
  const known = units.state === "ready";
  const figure = (label: string, count: number) => (
    <Figure
      label={label}
      {...(known
        ? { state: word(count), tone: count > 0 ? ("warning" as const) : ("good" as const) }
        : {})}
    >
      {known ? format.whole(count) : "–"}
    </Figure>
  );
  return (
    <Tiles label={t("summary")}>
      <Figure
        label={t("tile.binding")}
        {...(flowing
          ? {
              state: (
                <State tone={binding.length > 0 ? "warning" : "good"}>
                  {binding.length > 0
                    ? binding.map(({ from, to }) => `${from} → ${to}`).join(", ")
                    : t("tile.none_binds")}
                </State>
              ),
            }
          : {})}
      >
        {flowing
          ? t("of", { count: format.whole(binding.length), total: format.whole(lines.length) })
          : "–"}
      </Figure>
      <Figure
        label={t("tile.fullest")}
        note={flowing && fullest ? `${fullest.from} → ${fullest.to}` : undefined}
      >
        {flowing && fullest ? format.percent(fullest.loadingPercent) : "–"}
      </Figure>
      <Figure label={t("tile.heard")} note={own ? t("tile.own") : undefined}>
        {known
          ? t("of", { count: format.whole(counts.heard), total: format.whole(counts.units) })
          : "–"}
      </Figure>
      {figure(t("tile.silent"), counts.silent)}
      {figure(t("tile.failsafe"), counts.failsafe)}
      {figure(t("tile.overridden"), counts.overridden)}
    </Tiles>
  );
}

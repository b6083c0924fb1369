// What the house does at this moment, what energy costs next, and what to do about it.
//
// The one idea: read with a phone in one hand. One sentence of advice first, then four numbers, then
// the hours to come; whatever waits for the person says so and leads there.

import { Link } from "react-router";
import { partPpm } from "../../../language/decimal";
import { localDate } from "../../../language/zone";
import { Icon, type IconName } from "../../../parts/icons";
import { Facts, Figure, Tiles } from "../../../parts/frame/Figures";
import { Page, Panels } from "../../../parts/frame/Page";
import { Panel } from "../../../parts/frame/Panel";
import { Failed, Loading, Stale } from "../../../parts/state/states";
import { Energy, Power, Price } from "../../../parts/text/Quantity";
import { Interval } from "../../../parts/text/When";
import { useLive, useNews } from "../../../shell/live";
import { useMarket } from "../../../shell/markets";
import { useSession } from "../../../shell/session";
import { useList, useRead } from "../../../wire/queries";
import { DEVICES, ENERGY, useUnitNews, type EnergyPeriod, type HomeNow } from "../own";
import { ADVICE, direction, perKwh, size } from "./home";
import { MoneyPanel } from "./MoneyPanel";
import { PricePanel } from "./PricePanel";
import { useTexts, type Say } from "./texts";
import { Waiting } from "./Waiting";
import "./home.css";

const HOME = "/v1/markets/{market}/account/home";
/** Prices are cleared by the hour; what units do is heard at once. */
const AGAIN_MS = 10_000;

export default function Home() {
  const { t, format } = useTexts();
  const { session } = useSession();
  const who = session?.participant_id ?? null;
  const home = useRead(HOME, { everyMs: AGAIN_MS });
  const devices = useList(DEVICES);
  useNews("account", who, HOME, ENERGY);
  useUnitNews(
    devices.items.map(({ unit_id }) => unit_id),
    HOME,
    ENERGY,
  );
  const now = home.value;
  if (now === undefined) {
    return (
      <Page title={t("title")}>
        {home.problem ? (
          <Failed {...home.problem} onAgain={home.again} />
        ) : (
          <Loading shape="tiles" rows={4} />
        )}
      </Page>
    );
  }
  return (
    <Page title={t("greeting", { name: session?.name ?? "" })} description={format.day(now.now)}>
      <AdviceLine advice={now.advice} now={now.now} />
      <Now now={now} stores={devices.items.some(({ kind }) => kind === "storage")} />
      <Waiting />
      <PricePanel prices={now.prices} since={now.now} />
      <Panels least={320}>
        <Today at={now.now} />
        <MoneyPanel money={now.money} at={now.now} />
      </Panels>
    </Page>
  );
}

const ICONS: Record<string, IconName> = {
  bad: "bad",
  warning: "warning",
  accent: "info",
  good: "good",
};

function AdviceLine({ advice, now }: { advice: HomeNow["advice"]; now: string }) {
  const { t } = useTexts();
  const { tone, to } = ADVICE[advice.code] ?? { tone: "accent", to: null };
  const sentence = useAdvice(advice, now);
  return (
    <section className={`home-advice p-${tone}`} aria-label={t("advice_label")}>
      <Icon name={ICONS[tone] ?? "info"} size={22} />
      <p>{sentence}</p>
      {to !== null && (
        <Link to={to}>
          {t(`advice_act.${advice.code}` as Parameters<Say>[0])} <Icon name="open" size={13} />
        </Link>
      )}
    </section>
  );
}

/** The code's sentence, its parameters as the language writes them. */
function useAdvice({ code, parameters }: HomeNow["advice"], now: string): string {
  const { t, format } = useTexts();
  const market = useMarket();
  const unit = t("unit.price", { currency: market.currency });
  const { start, due_at } = parameters;
  const sameDay =
    start !== undefined &&
    localDate(Date.parse(start), market.time_zone) === localDate(Date.parse(now), market.time_zone);
  const values = {
    amount: format.money(parameters.amount, market.currency),
    due: format.stamp(due_at),
    units: parameters.units ?? "",
    count: Number(parameters.units ?? 0),
    price: `${format.price(parameters.price_per_mwh)} ${unit}`,
    price_now: `${format.price(parameters.now_per_mwh)} ${unit}`,
    time: sameDay ? format.timeOfDay(start) : format.stamp(start),
  };
  const said = t(`advice.${code}` as Parameters<Say>[0], { ...values, defaultValue: "" });
  return said === "" ? t("advice.other", { code }) : said;
}

function Now({ now, stores }: { now: HomeNow; stores: boolean }) {
  const { t } = useTexts();
  const { currency } = useMarket();
  const { live } = useLive();
  const { power, interval } = now;
  const grid = direction(power.net_kw);
  const store = direction(power.charging_kw);
  return (
    <section className="home-now" aria-label={t("now.title")}>
      <Stale stale={!live} since={now.now}>
        <Tiles label={t("now.title")}>
          <Figure label={t("now.produced")}>
            <Power kw={power.produced_kw} />
          </Figure>
          <Figure label={t("now.used")}>
            <Power kw={power.used_kw} />
          </Figure>
          {stores && (
            <Figure
              label={t("now.stored")}
              note={
                <>
                  <Icon
                    name={store === "in" ? "down" : store === "out" ? "up" : "level"}
                    size={13}
                  />
                  {t(`now.store_${store}`)}
                </>
              }
            >
              <Power kw={size(power.charging_kw)} />
            </Figure>
          )}
          <Figure
            label={t("now.grid")}
            note={
              <>
                <Icon name={grid === "in" ? "up" : grid === "out" ? "down" : "level"} size={13} />
                {t(`now.grid_${grid}`)}
              </>
            }
          >
            <Power kw={size(power.net_kw)} />
          </Figure>
          <Figure
            label={t("now.price")}
            note={
              interval.price_per_mwh !== null && (
                <Price value={interval.price_per_mwh} currency={currency} />
              )
            }
          >
            <PerKwh price={interval.price_per_mwh} currency={currency} />
          </Figure>
          <Figure
            label={t("now.traded")}
            note={<Interval start={interval.start} end={interval.end} />}
          >
            <span className="home-traded">
              <span>{t("now.bought")}</span> <Energy kwh={interval.bought_kwh} />
              <span>{t("now.sold")}</span> <Energy kwh={interval.sold_kwh} />
            </span>
          </Figure>
        </Tiles>
        {power.units_known < power.units && (
          <p className="home-known">
            <Icon name="warning" size={13} />{" "}
            <Link to="/devices">
              {t("now.known", { known: power.units_known, count: power.units })}
            </Link>
          </p>
        )}
      </Stale>
    </section>
  );
}

/** What a household reckons in. */
function PerKwh({ price, currency }: { price: string | null; currency: string }) {
  const { t, format } = useTexts();
  if (price === null) return <span className="home-none">{t("now.no_price")}</span>;
  return (
    <span className="p-quantity">
      {format.money(perKwh(price), currency, { places: 4 })}
      <span className="p-unit">{t("now.per_kwh")}</span>
    </span>
  );
}

function Today({ at }: { at: string }) {
  const { t, format } = useTexts();
  const { time_zone } = useMarket();
  const day = localDate(Date.parse(at), time_zone);
  const read = useRead(ENERGY, { query: { by: "day", from_day: day, to_day: day }, keep: true });
  const item = read.value?.items[0] as EnergyPeriod | undefined;
  return (
    <Panel title={t("today.title")} tools={<Link to="/energy">{t("today.more")}</Link>}>
      {read.state === "failed" && read.problem ? (
        <Failed {...read.problem} onAgain={read.again} />
      ) : read.state === "loading" ? (
        <Loading rows={3} />
      ) : item === undefined ? (
        <p className="home-quiet">{t("today.none")}</p>
      ) : (
        <Facts
          facts={[
            { label: t("today.used"), value: <Energy kwh={item.used_kwh} /> },
            { label: t("today.produced"), value: <Energy kwh={item.produced_kwh} /> },
            {
              label: t("today.own"),
              value: format.share(partPpm(item.self_use_kwh, item.used_kwh), 0),
            },
            { label: t("today.bought"), value: <Energy kwh={item.bought_kwh} /> },
            { label: t("today.sold"), value: <Energy kwh={item.sold_kwh} /> },
            {
              label: t("today.covered"),
              value: t("today.of", { part: item.covered_intervals, whole: item.used_intervals }),
            },
          ]}
        />
      )}
    </Panel>
  );
}

// Trade: say once what one wants and let the market do it, or do it oneself.

import { useNavigate, useParams } from "react-router";
import { Figure, Tiles } from "../../../parts/frame/Figures";
import { Page } from "../../../parts/frame/Page";
import { Tabs } from "../../../parts/frame/Tabs";
import { Empty, Failed, Loading, Stale } from "../../../parts/state/states";
import { Money } from "../../../parts/text/Quantity";
import { useLive } from "../../../shell/live";
import { useMarket } from "../../../shell/markets";
import type { Unit } from "./answers";
import { Contracts } from "./Contracts";
import { Expert } from "./Expert";
import { useCover, useDayPrices, useOwnNews, useUnits } from "./mine";
import { Offers } from "./Offers";
import { PriceBoth } from "./PriceBoth";
import { Quotes } from "./Quotes";
import { Simple } from "./Simple";
import { useTexts } from "./texts";
import { Trades } from "./Trades";
import "./trade.css";

const TABS = ["simple", "expert", "offers", "quotes", "contracts", "done"] as const;
type Shown = (typeof TABS)[number];

export default function Trade() {
  const { t } = useTexts();
  const go = useNavigate();
  const [wanted = ""] = (useParams()["*"] ?? "").split("/");
  const shown = TABS.find((each) => each === wanted) ?? "simple";
  const units = useUnits();
  useOwnNews();
  const content = (tab: Shown) => {
    if (units.state === "loading") return <Loading shape="tiles" rows={3} />;
    if (units.state === "failed") {
      const { code = "UNREACHABLE", traceId = null } = units.problem ?? {};
      return <Failed code={code} traceId={traceId} onAgain={units.again} />;
    }
    if (units.items.length === 0) return <Empty title={t("no_units")}>{t("no_units_text")}</Empty>;
    return <View tab={tab} units={units.items} />;
  };
  return (
    <Page title={t("title")} description={t("about")}>
      <Now units={units.items} />
      <Tabs
        label={t("tabs.label")}
        shown={shown}
        onShow={(tab) => void go(tab === "simple" ? "/trade" : `/trade/${tab}`)}
        tabs={TABS.map((key) => ({
          key,
          title: t(`tabs.${key}`),
          content: () => content(key),
        }))}
      />
    </Page>
  );
}

function View({ tab, units }: { tab: Shown; units: readonly Unit[] }) {
  switch (tab) {
    case "simple":
      return <Simple units={units} />;
    case "expert":
      return <Expert units={units} />;
    case "offers":
      return <Offers units={units} />;
    case "quotes":
      return <Quotes units={units} />;
    case "contracts":
      return <Contracts units={units} />;
    case "done":
      return <Trades />;
  }
}

/** Today's price beside everything that is decided here, and what one can pay. */
function Now({ units }: { units: readonly Unit[] }) {
  const { t } = useTexts();
  const { currency } = useMarket();
  const { live, sinceMs } = useLive();
  const prices = useDayPrices(units[0]?.area_id);
  const { collateral } = useCover();
  const cover = collateral.value;
  return (
    <Stale stale={!live} since={sinceMs}>
      <Tiles label={t("now.label")}>
        <Figure
          label={t("now.price")}
          note={
            prices.lowest !== null && (
              <>
                {t("now.today")} <PriceBoth value={prices.lowest} short /> –{" "}
                <PriceBoth value={prices.highest} short />
              </>
            )
          }
        >
          <PriceBoth value={prices.now} />
        </Figure>
        {prices.retail && (
          <Figure label={t("now.retail_ask")} note={t("now.retail_ask_note")}>
            <PriceBoth value={prices.retail.ask_per_mwh} />
          </Figure>
        )}
        {prices.retail && (
          <Figure label={t("now.retail_bid")} note={t("now.retail_bid_note")}>
            <PriceBoth value={prices.retail.bid_per_mwh} />
          </Figure>
        )}
        <Figure
          label={t("now.available")}
          {...(cover && cover.state !== "covered"
            ? { tone: cover.state === "warned" ? "warning" : "bad" }
            : {})}
          note={
            cover && (
              <>
                {t(`cover.state_${cover.state}`)} · {t("now.held")}{" "}
                <Money amount={cover.held} currency={currency} />
              </>
            )
          }
        >
          <Money amount={cover?.available} currency={currency} />
        </Figure>
      </Tiles>
    </Stale>
  );
}

// The screen "Settlement": a day's runs and what they have changed, a month's bills, the ledger.

import { Page } from "../../../parts/frame/Page";
import { Tabs } from "../../../parts/frame/Tabs";
import { Loading } from "../../../parts/state/states";
import { useMarket } from "../../../shell/markets";
import { marketDate, useMarketNow, usePlace } from "../../place";
import { Balance } from "./Balance";
import { Bills } from "./Bills";
import { Runs } from "./Runs";
import { useTexts } from "./texts";
import "./settlement.css";

export default function Settlement() {
  const { t } = useTexts();
  const market = useMarket();
  const now = useMarketNow(null, 60_000);
  const [place, move] = usePlace("view", "day", "month");
  const today = now === null ? null : marketDate(now, market);
  return (
    <Page title={t("nav.settlement")} description={t("about")}>
      {today === null ? (
        <Loading shape="table" />
      ) : (
        <Tabs
          label={t("nav.settlement")}
          shown={place.view ?? "runs"}
          onShow={(view) => move({ view }, { keep: true })}
          tabs={[
            {
              key: "runs",
              title: t("tab.runs"),
              content: () => (
                <Runs
                  market={market}
                  day={place.day}
                  today={today}
                  onDay={(day) => move({ day })}
                />
              ),
            },
            {
              key: "bills",
              title: t("tab.bills"),
              content: () => (
                <Bills
                  market={market}
                  month={place.month}
                  today={today}
                  onMonth={(month) => move({ month })}
                />
              ),
            },
            {
              key: "ledger",
              title: t("tab.ledger"),
              content: () => (
                <Balance market={market} day={place.day ?? today} onDay={(day) => move({ day })} />
              ),
            },
          ]}
        />
      )}
    </Page>
  );
}

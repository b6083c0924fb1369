// The screen "Settlement": a day's runs, a month's bills, what was paid and what was not, reports, the ledger.

import { Page } from "../../../parts/frame/Page";
import { Tabs } from "../../../parts/frame/Tabs";
import { Loading } from "../../../parts/state/states";
import { useNews } from "../../../shell/live";
import { useMarket } from "../../../shell/markets";
import { marketDate, useMarketNow, usePlace } from "../../place";
import { Balance } from "./Balance";
import { Bills } from "./Bills";
import { Collateral } from "./Collateral";
import { Debts } from "./Debts";
import { MONEY } from "./money";
import { Payments } from "./Payments";
import { Reports } from "./Reports";
import { Runs } from "./Runs";
import { useTexts } from "./texts";
import { Withdrawals } from "./Withdrawals";
import "./settlement.css";

export default function Settlement() {
  const { t } = useTexts();
  const market = useMarket();
  const now = useMarketNow(null, 60_000);
  const [place, move] = usePlace("view", "day", "month", "bank_day");
  // What a second operator agrees to, and what becomes of a payment, is told where alarms are.
  useNews("alarms", market.market_id, ...MONEY);
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
              key: "payments",
              title: t("tab.payments"),
              content: () => (
                <Payments
                  market={market}
                  day={place.bank_day ?? today}
                  onDay={(bank_day) => move({ bank_day })}
                />
              ),
            },
            {
              key: "withdrawals",
              title: t("tab.withdrawals"),
              content: () => <Withdrawals market={market} />,
            },
            {
              key: "collateral",
              title: t("tab.collateral"),
              content: () => <Collateral market={market} />,
            },
            {
              key: "debts",
              title: t("tab.debts"),
              content: () => <Debts market={market} today={today} />,
            },
            {
              key: "reports",
              title: t("tab.reports"),
              content: () => (
                <Reports
                  market={market}
                  day={place.day ?? today}
                  today={today}
                  onDay={(day) => move({ day })}
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

// The order book: what stands now, without names, and what stood once a gate has closed, with them.

import { Page } from "../../../parts/frame/Page";
import { Tabs } from "../../../parts/frame/Tabs";
import { useMarket } from "../../../shell/markets";
import { usePlace } from "../../place";
import { Blotter } from "./Blotter";
import { LiveBook } from "./LiveBook";
import { useTexts } from "./texts";
import "./orderbook.css";

type Shown = "book" | "orders";

export default function OrderBook() {
  const { t } = useTexts();
  const market = useMarket();
  const [place, move] = usePlace("tab", "area", "start");
  const shown: Shown = place.tab === "orders" ? "orders" : "book";
  return (
    <Page title={t("nav.orderbook")} description={t("page_about")}>
      <Tabs<Shown>
        label={t("nav.orderbook")}
        shown={shown}
        onShow={(tab) => move({ tab: tab === "book" ? null : tab })}
        tabs={[
          {
            key: "book",
            title: t("tab.book"),
            content: () => <LiveBook market={market} place={place} move={move} />,
          },
          { key: "orders", title: t("tab.orders"), content: () => <Blotter market={market} /> },
        ]}
      />
    </Page>
  );
}

// The order book: what stands now and what stood at any moment, without names, and once a gate has closed, with them.

import { Page } from "../../../parts/frame/Page";
import { Tabs } from "../../../parts/frame/Tabs";
import { useMarket } from "../../../shell/markets";
import { usePlace } from "../../place";
import { Replay } from "../../replay/Replay";
import { Blotter } from "./Blotter";
import { LiveBook } from "./LiveBook";
import { useTexts } from "./texts";
import "./orderbook.css";

const TABS = ["book", "replay", "orders"] as const;
type Shown = (typeof TABS)[number];

export default function OrderBook() {
  const { t } = useTexts();
  const market = useMarket();
  const [place, move] = usePlace("tab", "area", "start");
  const shown: Shown = TABS.find((each) => each === place.tab) ?? "book";
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
          { key: "replay", title: t("tab.replay"), content: () => <Replay /> },
          { key: "orders", title: t("tab.orders"), content: () => <Blotter market={market} /> },
        ]}
      />
    </Page>
  );
}

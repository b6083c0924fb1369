// Control: stop at once, alone; let go on again, with a second person.

import { Page } from "../../../parts/frame/Page";
import { Tabs } from "../../../parts/frame/Tabs";
import { Stale } from "../../../parts/state/states";
import { useLive, useNews } from "../../../shell/live";
import { useMarket } from "../../../shell/markets";
import { useRead, type Reading } from "../../../wire/queries";
import { EmergencyStop } from "./ActDialog";
import { Acts } from "./Acts";
import { Recalls } from "./Recalls";
import { Stops } from "./Stops";
import { useTexts } from "./texts";

export default function Control() {
  const { t, format } = useTexts();
  const market = useMarket();
  const { live, sinceMs } = useLive();
  useNews(
    "alarms",
    market.market_id,
    "/v1/markets/{market}/stops",
    "/v1/markets/{market}/acts:standing",
    "/v1/markets/{market}/recalls",
  );
  const stops = useRead("/v1/markets/{market}/stops");
  const standing = useRead("/v1/markets/{market}/acts:standing");
  const recalls = useRead("/v1/markets/{market}/recalls");
  // What is not read yet is not none.
  const count = (of: Reading<unknown>, waiting: number) =>
    of.value === undefined ? "…" : format.whole(waiting);
  const narrowed =
    (standing.value?.narrowings.length ?? 0) + (standing.value?.decoupled.length ?? 0);
  return (
    <Page title={t("title")} description={t("about")} actions={<EmergencyStop />}>
      <Stale stale={!live} since={sinceMs}>
        <Tabs
          label={t("title")}
          tabs={[
            {
              key: "trading",
              title: t("tab.trading"),
              count: count(stops, stops.value?.items.length ?? 0),
              content: () => <Stops stops={stops} />,
            },
            {
              key: "acts",
              title: t("tab.acts"),
              count: count(standing, narrowed),
              content: () => <Acts standing={standing} />,
            },
            {
              key: "recalls",
              title: t("tab.recalls"),
              count: count(
                recalls,
                (recalls.value?.items ?? []).filter(({ state }) => state === "disputed").length,
              ),
              content: () => <Recalls recalls={recalls} />,
            },
          ]}
        />
      </Stale>
    </Page>
  );
}

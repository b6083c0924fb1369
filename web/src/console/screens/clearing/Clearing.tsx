// The screen "Clearing runs": the calls of a day, how well and how fast they were cleared, and the proof.

import { useMarket } from "../../../shell/markets";
import { Page } from "../../../parts/frame/Page";
import { Loading } from "../../../parts/state/states";
import { marketDate, useMarketNow, usePlace } from "../../place";
import { RunDetail } from "./RunDetail";
import { RunList } from "./RunList";
import { startOf } from "./runs";
import { useTexts } from "./texts";
import "./clearing.css";

export default function Clearing() {
  const { t } = useTexts();
  const market = useMarket();
  const now = useMarketNow();
  const [place, move] = usePlace("day", "run");
  const runMs = place.run === undefined ? null : startOf(place.run);
  const atMs = runMs ?? now;
  const day = place.day ?? (atMs === null ? null : marketDate(atMs, market));
  if (place.run !== undefined) return <RunDetail market={market} runId={place.run} move={move} />;
  return (
    <Page title={t("nav.clearing")} description={t("page.about")}>
      {day === null ? (
        <Loading shape="table" />
      ) : (
        <RunList
          market={market}
          day={day}
          onDay={(next) => move({ day: next }, { keep: true })}
          onRun={(run) => move({ run }, { keep: true })}
        />
      )}
    </Page>
  );
}

// Who offers what in one interval: sellers above, buyers below, the best beside each other.

import { Button } from "../../../parts/Button";
import { Panel } from "../../../parts/frame/Panel";
import { Empty, Stale } from "../../../parts/state/states";
import { Interval } from "../../../parts/text/When";
import { Price } from "../../../parts/text/Quantity";
import { ladder, MERGED } from "../../../market/books";
import { useChannel, useLive } from "../../../shell/live";
import { useMarket } from "../../../shell/markets";
import type { Phase } from "../../../wire/types";
import { bestOf, hear, NO_BOOKS } from "./book";
import { useTexts } from "./texts";

const MOST = 8;

interface DepthProps {
  areaId: string;
  start: string | null;
  phase: Phase | null;
  /** A price of the ladder was chosen. */
  onPick(price: string): void;
}

export function DepthPanel({ areaId, start, phase, onPick }: DepthProps) {
  const { t, format } = useTexts();
  const market = useMarket();
  const { live, sinceMs } = useLive();
  const continuous = market.continuous !== null;
  const own = useChannel("book", continuous && areaId !== "" ? areaId : null, hear, NO_BOOKS);
  const merged = useChannel("book", continuous ? MERGED : null, hear, NO_BOOKS);
  const books = [own.state.get(areaId), merged.state.get(MERGED)];
  // An area of few owners shows nothing by itself: then what the small ones hold together.
  const shown = books.map((each) => ladder(start === null ? undefined : each?.get(start), MOST));
  const at = shown.findIndex((each) => each.length > 0);
  const rungs = shown[at] ?? [];
  const best = bestOf(rungs);
  return (
    <Panel
      title={t("depth.title")}
      note={
        start !== null && (
          <Interval start={start} end={Date.parse(start) + market.interval_minutes * 60_000} day />
        )
      }
    >
      <Stale stale={!live} since={sinceMs}>
        {rungs.length === 0 ? (
          <Empty>{t(phase === "call" ? "depth.sealed" : "depth.empty")}</Empty>
        ) : (
          <>
            <p className="trade-best">
              {t("depth.ask")} <Price value={best.ask} currency={market.currency} /> ·{" "}
              {t("depth.bid")} <Price value={best.bid} currency={market.currency} />
            </p>
            {at === 1 && <p className="trade-note">{t("depth.merged")}</p>}
            <table className="trade-ladder">
              <caption className="unseen">{t("depth.title")}</caption>
              <thead>
                <tr>
                  <th scope="col">
                    {t("side.buy")} ({t("unit.kwh")})
                  </th>
                  <th scope="col">{t("unit.price", { currency: market.currency })}</th>
                  <th scope="col">
                    {t("side.sell")} ({t("unit.kwh")})
                  </th>
                </tr>
              </thead>
              <tbody>
                {rungs.map(({ price, buyKwh, sellKwh }) => (
                  <tr key={`${price} ${sellKwh === null}`} data-side={sellKwh ? "sell" : "buy"}>
                    <td>{buyKwh !== null && format.kwh(buyKwh)}</td>
                    <td>
                      <Button
                        kind="quiet"
                        aria-label={t("depth.take_price", { price: format.price(price) })}
                        onPress={() => onPick(price)}
                      >
                        {format.price(price)}
                      </Button>
                    </td>
                    <td>{sellKwh !== null && format.kwh(sellKwh)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </>
        )}
      </Stale>
    </Panel>
  );
}

// Trades as they are made, without names.

import { memo, useState } from "react";
import { useTexts, type Say } from "./texts";

import { word } from "../../../language/words";
import type { SeenTrade } from "../../../market/state";
import { markOf } from "../../../style/marks";
import type { Market } from "../../../wire/types";
import { Panel, Swatch, Table } from "./Panel";

/** An interval's auction brings a hundred at once: more rows would be drawn than anybody reads. */
const ROWS = 60;

/** How a trade was made, and what became of it where that is worth a word. */
function madeBy(t: Say, { venue, state = "completed" }: SeenTrade): string {
  const made = word(t, "venue", venue);
  return state === "completed" ? made : `${made} · ${word(t, "trade_state", state)}`;
}

interface Props {
  market: Market;
  trades: readonly SeenTrade[];
  /** Trades of the day so far; null: nobody counts those between the auctions. */
  total: number | null;
}

/** Drawn anew only when what it shows has changed: the clock alone moves nothing in here. */
export const TradesPanel = memo(function TradesPanel({ market, trades, total }: Props) {
  const { t, format } = useTexts();
  const [wanted, want] = useState<string | null>(null);
  const shown = trades.filter((each) => wanted === null || each.area_id === wanted).slice(0, ROWS);
  // With auctions alone the column would say the same in every row.
  const venues = total === null;
  const shownText = t("trades.shown", { count: format.whole(shown.length) });
  const tools = (
    <div className="segments" role="group" aria-label={t("trades.area")}>
      <button type="button" aria-pressed={wanted === null} onClick={() => want(null)}>
        {t("trades.all")}
      </button>
      {market.areas.map(({ area_id }) => (
        <button
          key={area_id}
          type="button"
          aria-pressed={wanted === area_id}
          onClick={() => want(area_id)}
        >
          {area_id}
        </button>
      ))}
    </div>
  );
  return (
    <Panel
      name="trades"
      title={t("trades.title")}
      note={total === null ? shownText : t("trades.day", { count: format.whole(total) })}
      tools={tools}
    >
      {shown.length === 0 ? (
        <p className="empty">{t("trades.empty")}</p>
      ) : (
        <div className="scroll" tabIndex={0} role="group" aria-label={shownText}>
          <Table
            caption={shownText}
            head={[
              t("trades.delivery"),
              t("trades.area"),
              t("side.label"),
              ...(venues ? [t("trades.venue")] : []),
              `${t("trades.energy")} ${t("unit.kwh")}`,
              `${t("trades.price")} ${t("unit.price", { currency: market.currency })}`,
            ]}
            left={venues ? [0, 1, 2, 3] : [0, 1, 2]}
            rows={shown.map((trade) => ({
              key: trade.trade_id,
              cells: [
                format.time(trade.start),
                <span key="area" className="area-cell">
                  <Swatch {...markOf(market.areas, trade.area_id)} />
                  {trade.area_id}
                </span>,
                <span key="side" className={`side ${trade.side}`}>
                  <span aria-hidden="true">{trade.side === "buy" ? "◁" : "▶"} </span>
                  {t(`side.${trade.side}`)}
                </span>,
                ...(venues ? [madeBy(t, trade)] : []),
                format.kwh(trade.energy_kwh),
                format.price(trade.price_per_mwh),
              ],
            }))}
          />
        </div>
      )}
    </Panel>
  );
});

// What one has traded, why at this price, and asking for a trade to be undone where it was a mistake.

import { useMemo, useState } from "react";
import { localDate } from "../../../language/zone";
import { Button } from "../../../parts/Button";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { DayPicker } from "../../../parts/filter/DayPicker";
import { Panel } from "../../../parts/frame/Panel";
import type { Column } from "../../../parts/table/columns";
import { DataTable } from "../../../parts/table/DataTable";
import { Money } from "../../../parts/text/Quantity";
import { State } from "../../../parts/text/State";
import { Interval } from "../../../parts/text/When";
import { word } from "../../../language/words";
import { useMarket } from "../../../shell/markets";
import { useAct, useList } from "../../../wire/queries";
import type { Trade } from "./answers";
import { TRADES, useMarketTime } from "./mine";
import { useTexts } from "./texts";
import { Why } from "./Why";

export function Trades() {
  const { t, format } = useTexts();
  const { nowMs } = useMarketTime();
  const [chosen, choose] = useState<string | null>(null);
  const day = chosen ?? (nowMs === null ? null : localDate(nowMs, format.zone));
  const trades = useList(TRADES, {
    query: { day: day ?? undefined },
    when: day !== null,
    all: true,
    keep: true,
  });
  const columns = useTradeColumns();
  const { code = "UNREACHABLE", traceId = null } = trades.problem ?? {};
  return (
    <Panel title={t("trades.title")} flush>
      <DataTable<Trade>
        name="trades"
        label={t("trades.title")}
        columns={columns}
        rows={trades.items}
        rowKey={({ trade_id }) => trade_id}
        sort={SORT}
        state={trades.state}
        failed={{ code, traceId, onAgain: trades.again }}
        empty={t("trades.empty")}
        details={(trade) => <Details trade={trade} nowMs={nowMs} />}
        height={520}
        tools={day !== null && <DayPicker label={t("orders.day")} value={day} onChange={choose} />}
      />
    </Panel>
  );
}

const SORT = [{ id: "start", desc: true }];

function useTradeColumns(): readonly Column<Trade>[] {
  const { t, format } = useTexts();
  const { currency } = useMarket();
  return useMemo<Column<Trade>[]>(
    () => [
      {
        ...{ key: "start", title: t("orders.interval"), kind: "time", width: 215, card: "title" },
        value: ({ start }) => start,
        cell: ({ start, end }) => <Interval start={start} end={end} day />,
      },
      {
        ...{ key: "unit", title: t("orders.unit"), kind: "text", width: 140 },
        value: ({ unit_id }) => unit_id,
      },
      {
        ...{ key: "side", title: t("side.label"), kind: "text", width: 80, choosable: true },
        value: ({ side }) => side,
        said: ({ side }) => t(`side.${side}`),
        cell: ({ side }) => t(`side.${side}`),
      },
      {
        ...{ key: "energy", title: t("orders.energy"), kind: "decimal", width: 100 },
        unit: t("unit.kwh"),
        value: ({ energy_kwh }) => energy_kwh,
        cell: ({ energy_kwh }) => format.kwh(energy_kwh),
      },
      {
        ...{ key: "price", title: t("orders.price"), kind: "decimal", width: 110 },
        unit: t("unit.price", { currency }),
        value: ({ price_per_mwh }) => price_per_mwh,
        cell: ({ price_per_mwh }) => format.price(price_per_mwh),
      },
      {
        ...{ key: "amount", title: t("trades.amount"), kind: "decimal", width: 100 },
        value: ({ amount }) => amount,
        cell: ({ amount }) => <Money amount={amount} currency={currency} places={4} />,
      },
      {
        ...{ key: "venue", title: t("trades.venue"), kind: "text", width: 120, choosable: true },
        value: ({ venue }) => venue,
        said: ({ venue }) => word(t, "venue", venue),
        cell: ({ venue }) => word(t, "venue", venue),
      },
      {
        ...{ key: "state", title: t("orders.state"), kind: "text", width: 130 },
        value: ({ state }) => state,
        said: ({ state }) => word(t, "trade_state", state),
        cell: ({ state }) => (
          <State tone={state === "completed" ? "good" : "warning"}>
            <span className="trade-state">{word(t, "trade_state", state)}</span>
          </State>
        ),
      },
    ],
    [t, format, currency],
  );
}

function Details({ trade, nowMs }: { trade: Trade; nowMs: number | null }) {
  const { t } = useTexts();
  const toast = useToast();
  const [asking, ask] = useState(false);
  const recall = useAct("post", "/v1/markets/{market}/recalls", { renews: [TRADES] });
  const { match_id, start, state, venue } = trade;
  const ahead = nowMs !== null && Date.parse(start) > nowMs;
  const submit = async (reason: string) => {
    const answer = await recall.act({ body: { match_id, start, reason } });
    if (!answer.ok) return;
    ask(false);
    toast(t("trades.asked"));
  };
  const ofOrder = venue === "call" || venue === "continuous";
  return (
    <div className="trade-details">
      {ofOrder ? <Why orderId={trade.order_id} /> : <p>{t("trades.as_agreed")}</p>}
      {ahead && venue !== "call" && state === "completed" && (
        <div className="trade-acts">
          <Button kind="danger" onPress={() => ask(true)}>
            {t("trades.recall")}
          </Button>
        </div>
      )}
      <ConfirmAct
        open={asking}
        title={t("trades.recall")}
        consequence={<p>{t("trades.recall_text")}</p>}
        act={t("trades.recall")}
        busy={recall.busy}
        problem={recall.problem}
        onClose={() => ask(false)}
        onConfirm={(reason) => void submit(reason)}
      />
    </div>
  );
}

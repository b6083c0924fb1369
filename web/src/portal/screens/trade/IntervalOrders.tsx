// One's orders of any interval, also of those that are over, and why each stands as it stands.

import { useState } from "react";
import { localDate } from "../../../language/zone";
import { DayPicker } from "../../../parts/filter/DayPicker";
import { Filters, IntervalPicker } from "../../../parts/filter/Filters";
import { Panel } from "../../../parts/frame/Panel";
import { DataTable } from "../../../parts/table/DataTable";
import { useMarket } from "../../../shell/markets";
import { useList } from "../../../wire/queries";
import type { Order } from "./answers";
import { BlockTerms } from "./BlockTerms";
import { orderKey, useOrderColumns } from "./columns";
import { ORDERS, useMarketTime } from "./mine";
import { useTexts } from "./texts";
import { Why } from "./Why";

export function IntervalOrders() {
  const { t, format } = useTexts();
  const market = useMarket();
  const columns = useOrderColumns();
  const { startMs } = useMarketTime();
  const [chosen, choose] = useState<number | null>(null);
  const atMs = chosen ?? startMs;
  const stepMs = market.interval_minutes * 60_000;
  const day = atMs === null ? "" : localDate(atMs, format.zone);
  const found = useList(ORDERS, {
    query: { start: atMs === null ? undefined : new Date(atMs).toISOString() },
    when: atMs !== null,
    all: true,
    keep: true,
  });
  const { code = "UNREACHABLE", traceId = null } = found.problem ?? {};
  return (
    <Panel title={t("orders.past")} flush>
      <DataTable<Order>
        name="orders-of-interval"
        label={t("orders.past")}
        columns={columns}
        rows={found.items}
        rowKey={orderKey}
        state={found.state}
        failed={{ code, traceId, onAgain: found.again }}
        empty={t("orders.past_empty")}
        details={(order) => (
          <div className="trade-details">
            <BlockTerms order={order} />
            <Why orderId={order.order_id} />
          </div>
        )}
        height={Math.min(380, 180 + found.items.length * 34)}
        tools={
          atMs !== null && (
            <Filters label={t("orders.which")}>
              <DayPicker
                label={t("orders.day")}
                value={day}
                onChange={(next) => choose(sameTime(atMs, day, next))}
              />
              <IntervalPicker
                label={t("orders.interval")}
                day={day}
                minutes={market.interval_minutes}
                value={Math.floor(atMs / stepMs) * stepMs}
                onChange={choose}
              />
            </Filters>
          )
        }
      />
    </Panel>
  );
}

/** As many whole days later as the one day is after the other. */
const sameTime = (ms: number, from: string, to: string) =>
  ms + Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`);

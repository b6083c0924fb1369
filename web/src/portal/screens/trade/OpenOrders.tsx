// What of one's orders may still trade: why it has not yet, change it, cancel it.

import { useMemo, useState } from "react";
import { Button } from "../../../parts/Button";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { DecimalField } from "../../../parts/form/fields";
import { Panel } from "../../../parts/frame/Panel";
import { DataTable } from "../../../parts/table/DataTable";
import { useMarket } from "../../../shell/markets";
import { useAct, useList } from "../../../wire/queries";
import type { Order } from "./answers";
import { BlockTerms } from "./BlockTerms";
import { orderKey, useOrderColumns } from "./columns";
import { COLLATERAL, ORDERS, useMarketTime } from "./mine";
import { isOpen, leftKwh } from "./rules";
import { useTexts } from "./texts";
import { Why } from "./Why";

export function OpenOrders() {
  const { t } = useTexts();
  const { nowMs } = useMarketTime();
  const columns = useOrderColumns();
  const active = useList(ORDERS, { query: { state: "active" }, all: true });
  const partly = useList(ORDERS, { query: { state: "partially_filled" }, all: true });
  const pending = useList(ORDERS, { query: { state: "pending" }, all: true });
  const asleep = useList(ORDERS, { query: { state: "hibernated" }, all: true });
  const lists = [active, partly, pending, asleep];
  const items = lists.map((each) => each.items);
  const orders = useMemo(
    () => items.flat().filter((order) => nowMs === null || isOpen(order, nowMs)),
    [...items, nowMs],
  );
  const failed = lists.find(({ state }) => state === "failed");
  const [cancelling, cancel] = useState<readonly Order[]>([]);
  return (
    <Panel title={t("orders.open")} flush>
      <DataTable<Order>
        name="orders"
        label={t("orders.open")}
        columns={columns}
        rows={orders}
        rowKey={orderKey}
        sort={SORT}
        state={
          failed ? "failed" : lists.some(({ state }) => state === "loading") ? "loading" : "ready"
        }
        failed={{
          code: failed?.problem?.code ?? "UNREACHABLE",
          traceId: failed?.problem?.traceId ?? null,
          onAgain: () => lists.forEach((each) => each.again()),
        }}
        empty={t("orders.empty")}
        acts={[{ label: t("orders.cancel"), danger: true, run: (rows) => cancel(rows) }]}
        details={(order) => <Details order={order} />}
        height={Math.min(420, 180 + orders.length * 34)}
      />
      <CancelOrders orders={cancelling} onClose={() => cancel([])} />
    </Panel>
  );
}

const SORT = [{ id: "start", desc: false }];

function CancelOrders({ orders, onClose }: { orders: readonly Order[]; onClose(): void }) {
  const { t, format } = useTexts();
  const toast = useToast();
  const cancel = useAct("post", "/v1/markets/{market}/orders:cancel", {
    renews: [ORDERS, COLLATERAL],
  });
  const submit = async () => {
    const answer = await cancel.act({
      body: { order_ids: orders.map(({ order_id }) => order_id) },
    });
    if (!answer.ok) return;
    toast(t("orders.cancelled", { count: format.whole(orders.length) }));
    onClose();
  };
  return (
    <ConfirmAct
      open={orders.length > 0}
      title={t("orders.cancel_title")}
      consequence={<p>{t("orders.cancel_text", { count: format.whole(orders.length) })}</p>}
      act={t("orders.cancel")}
      reason="none"
      busy={cancel.busy}
      problem={cancel.problem}
      onClose={onClose}
      onConfirm={() => void submit()}
    />
  );
}

function Details({ order }: { order: Order }) {
  const { t } = useTexts();
  const toast = useToast();
  const [changing, change] = useState(false);
  const wake = useAct("post", "/v1/markets/{market}/orders:activate", { renews: [ORDERS] });
  const waits = order.state === "pending" || order.state === "hibernated";
  return (
    <div className="trade-details">
      <BlockTerms order={order} />
      <Why orderId={order.order_id} />
      <div className="trade-acts">
        {order.kind === "limit" && !waits && (
          <Button onPress={() => change(true)}>{t("orders.change")}</Button>
        )}
        {waits && (
          <Button
            isDisabled={wake.busy}
            onPress={() =>
              void wake
                .act({ body: { order_ids: [order.order_id] } })
                .then(({ ok }) =>
                  toast(t(ok ? "orders.woken" : "orders.not_woken"), ok ? "good" : "bad"),
                )
            }
          >
            {t(order.state === "pending" ? "orders.confirm" : "orders.wake")}
          </Button>
        )}
      </div>
      <ChangeOrder order={order} open={changing} onClose={() => change(false)} />
    </div>
  );
}

interface ChangeProps {
  order: Order;
  open: boolean;
  onClose(): void;
}

function ChangeOrder({ order, open, onClose }: ChangeProps) {
  const { t, format } = useTexts();
  const market = useMarket();
  const toast = useToast();
  const [price, setPrice] = useState(order.price_per_mwh);
  const [kwh, setKwh] = useState(order.energy_kwh);
  const replace = useAct("post", "/v1/markets/{market}/orders/{order_id}:replace", {
    renews: [ORDERS, COLLATERAL],
  });
  const submit = async () => {
    const answer = await replace.act({
      params: { order_id: order.order_id },
      body: { revision: order.revision, price_per_mwh: price, energy_kwh: kwh },
    });
    if (!answer.ok) return;
    toast(t("orders.changed"));
    onClose();
  };
  return (
    <ConfirmAct
      open={open}
      title={t("orders.change_title")}
      consequence={<p>{t("orders.change_text", { left: format.kwh(leftKwh(order)) })}</p>}
      act={t("orders.change")}
      reason="none"
      danger={false}
      busy={replace.busy}
      problem={replace.problem}
      onClose={onClose}
      onConfirm={() => void submit()}
    >
      <DecimalField
        pointer="/price_per_mwh"
        label={t(`order.price_${order.side}`)}
        unit={t("unit.price", { currency: market.currency })}
        step="0.01"
        value={price}
        onChange={setPrice}
      />
      <DecimalField
        pointer="/energy_kwh"
        label={t("order.energy")}
        unit={t("unit.kwh")}
        min="0.001"
        step="0.001"
        value={kwh}
        onChange={setKwh}
      />
    </ConfirmAct>
  );
}

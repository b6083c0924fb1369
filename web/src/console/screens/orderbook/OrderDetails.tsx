// One order: why it stands as it stands, in words; what is marked about it; what it traded.

import { Link } from "react-router";
import { Facts } from "../../../parts/frame/Figures";
import { Failed, Loading } from "../../../parts/state/states";
import { Energy, Money, Price } from "../../../parts/text/Quantity";
import { Time } from "../../../parts/text/When";
import { word } from "../../../language/words";
import type { Order } from "../../../market/orders";
import { useList, useRead } from "../../../wire/queries";
import type { Market } from "../../../wire/types";
import type { Mark } from "./anomalies";
import { kindWord, useTexts } from "./texts";
import { sentence } from "./why";

interface Props {
  order: Order;
  marks: readonly Mark[];
  market: Market;
}

export function OrderDetails({ order, marks, market }: Props) {
  const { t, format } = useTexts();
  const { currency } = market;
  const price = (value: string) => `${format.price(value)} ${t("unit.price", { currency })}`;
  const told = (mark: Mark): string => {
    switch (mark.kind) {
      case "far":
        return t("marked.far", { limit: price(mark.limit), price: price(mark.price) });
      case "both":
        return t("marked.both", { buy: price(mark.buy), sell: price(mark.sell) });
      case "share":
        return t("marked.share", { share: format.share(mark.ppm) });
    }
  };
  return (
    <div className="ob-details">
      <div>
        <h3>{t("detail.why")}</h3>
        <Why order={order} currency={currency} />
        {marks.length > 0 && (
          <>
            <h3>{t("detail.marked")}</h3>
            <ul>
              {marks.map((mark) => (
                <li key={mark.kind} data-mark>
                  {told(mark)}
                </li>
              ))}
            </ul>
          </>
        )}
        <h3>{t("detail.trades")}</h3>
        <Traded order={order} market={market} />
      </div>
      <div>
        <Facts
          facts={[
            { label: t("column.order"), value: <code>{order.order_id}</code> },
            { label: t("column.client_order"), value: <code>{order.client_order_id}</code> },
            { label: t("column.kind"), value: kindWord(t, order.kind) },
            {
              label: t("column.price"),
              value: <Price value={order.price_per_mwh} currency={currency} />,
            },
            {
              label: t("column.energy"),
              value: <Energy kwh={order.energy_kwh} />,
              note: t("detail.filled", { kwh: format.kwh(order.filled_kwh) }),
            },
            {
              label: t("column.held"),
              value: <Money amount={order.held} currency={currency} />,
            },
            {
              label: t("column.accepted"),
              value: <Time at={order.accepted_at} day seconds />,
              note: t("detail.sequence", {
                sequence: format.whole(order.sequence),
                revision: format.whole(order.revision),
              }),
            },
          ]}
        />
        <Link to={`/audit?object=${encodeURIComponent(order.order_id)}`}>{t("detail.audit")}</Link>
      </div>
    </div>
  );
}

function Why({ order, currency }: { order: Order; currency: string }) {
  const { t, format } = useTexts();
  const found = useRead("/v1/markets/{market}/orders/{order_id}/explanation", {
    params: { order_id: order.order_id },
  });
  if (found.state === "loading") return <Loading rows={2} />;
  if (found.value === undefined) {
    const { code = "UNREACHABLE", traceId = null } = found.problem ?? {};
    return <Failed code={code} traceId={traceId} onAgain={found.again} />;
  }
  if (found.value.reasons.length === 0) return <p>{t("why_nothing")}</p>;
  return (
    <ul>
      {found.value.reasons.map((each, index) => (
        <li key={index}>{sentence(each, { t, format, currency })}</li>
      ))}
    </ul>
  );
}

function Traded({ order, market }: { order: Order; market: Market }) {
  const { t, format } = useTexts();
  const found = useList("/v1/markets/{market}/trades", {
    query: { start: order.start, unit_id: order.unit_id },
    all: true,
  });
  if (found.state === "loading") return <Loading rows={2} />;
  if (found.state === "failed") {
    const { code = "UNREACHABLE", traceId = null } = found.problem ?? {};
    return <Failed code={code} traceId={traceId} onAgain={found.again} />;
  }
  const trades = found.items.filter(({ order_id }) => order_id === order.order_id);
  if (trades.length === 0) return <p>{t("detail.no_trades")}</p>;
  return (
    <ul>
      {trades.map((each) => (
        <li key={each.trade_id}>
          {t("detail.trade", {
            energy: format.kwh(each.energy_kwh),
            price: format.price(each.price_per_mwh),
            unit: t("unit.price", { currency: market.currency }),
            venue: word(t, "venue", each.venue),
            state: word(t, "trade_state", each.state),
          })}{" "}
          <code>{each.trade_id}</code>
        </li>
      ))}
    </ul>
  );
}

// The blotter: orders with their names, once the gate of their interval has closed.
//
// The one idea: all orders of one interval are here at once, so that filters answer at once and marks are
// reckoned from the whole; over all intervals the server filters, page by page, and nothing is marked.

import { useDeferredValue, useId, useMemo, useState } from "react";
import { DayPicker } from "../../../parts/filter/DayPicker";
import { Choose, Filters, IntervalPicker } from "../../../parts/filter/Filters";
import { Figure, Tiles } from "../../../parts/frame/Figures";
import { Panel } from "../../../parts/frame/Panel";
import { Loading } from "../../../parts/state/states";
import { DataTable } from "../../../parts/table/DataTable";
import { word } from "../../../language/words";
import { dayStarts } from "../../../language/zone";
import type { Order } from "../../../market/orders";
import { useList } from "../../../wire/queries";
import type { Market } from "../../../wire/types";
import { marketDate, tradedDays, useMarketNow, usePlace } from "../../place";
import "../../wire";
import {
  FAR_LEAST,
  FAR_PERCENT,
  MARKS,
  marksOf,
  SHARE_MEMBERS,
  SHARE_PERCENT,
  type Mark,
  type MarkKind,
} from "./anomalies";
import { useColumns } from "./columns";
import { fits, lastGated, queryOf, type Wanted } from "./filters";
import { OrderDetails } from "./OrderDetails";
import { useTexts } from "./texts";

const ORDERS = "/v1/markets/{market}/orders";
const STATES = [
  ...["active", "partially_filled", "filled", "cancelled", "expired"],
  ...["pending", "hibernated"],
];

export function Blotter({ market }: { market: Market }) {
  const now = useMarketNow();
  return now === null ? <Loading shape="table" /> : <Known market={market} nowMs={now} />;
}

const orderKey = ({ order_id }: Order) => order_id;
const NO_MARKS: ReadonlyMap<string, readonly Mark[]> = new Map();

function Known({ market, nowMs }: { market: Market; nowMs: number }) {
  const { t, format } = useTexts();
  const [place, move] = usePlace(
    ...(["day", "of", "participant", "unit", "in", "side", "state", "mark"] as const),
  );
  const gated = lastGated(market, nowMs);
  const startMs = place.of === undefined ? gated : place.of === "all" ? null : Date.parse(place.of);
  const day = place.day ?? marketDate(startMs ?? gated, market);
  const wanted: Wanted = {
    participant: useDeferredValue(place.participant ?? ""),
    unit: useDeferredValue(place.unit ?? ""),
    area: place.in ?? null,
    side: place.side ?? null,
    state: place.state ?? null,
  };
  const one = startMs !== null;
  const orders = useList(ORDERS, {
    query: one ? { start: new Date(startMs).toISOString() } : queryOf(wanted),
    all: one,
    keep: true,
  });
  const prices = useList("/v1/markets/{market}/prices", {
    query: {
      from: new Date(startMs ?? gated).toISOString(),
      to: new Date((startMs ?? gated) + market.interval_minutes * 60_000).toISOString(),
    },
    when: one,
    all: true,
  });
  const whole = one && orders.state === "ready" && !orders.more && prices.state === "ready";
  const marks = useMemo(
    () => (whole ? marksIn(orders.items, prices.items, market) : NO_MARKS),
    [whole, orders.items, prices.items, market],
  );
  const mark = MARKS.find((each) => each === place.mark) ?? null;
  const { participant, unit, area, side, state } = wanted;
  const rows = useMemo(
    () =>
      orders.items.filter(
        (order) =>
          (!one || fits(order, { participant, unit, area, side, state })) &&
          (mark === null || marks.get(order.order_id)?.some(({ kind }) => kind === mark)),
      ),
    [orders.items, one, participant, unit, area, side, state, mark, marks],
  );
  const columns = useColumns(market, marks, one);
  const counted = (kind: MarkKind) =>
    [...marks.values()].filter((each) => each.some((found) => found.kind === kind)).length;
  const { currency } = market;
  return (
    <div className="ob-all">
      <Filters label={t("blotter.filters")}>
        <Choose
          label={t("blotter.of")}
          value={one ? "one" : "all"}
          all={null}
          onChange={(next) => move({ of: next === "all" ? "all" : null, mark: null })}
          options={[
            { value: "one", text: t("blotter.one") },
            { value: "all", text: t("blotter.every") },
          ]}
        />
        {startMs !== null && (
          <>
            <DayPicker
              label={t("blotter.day")}
              value={day}
              {...tradedDays(market)}
              onChange={(next) => {
                const at = dayStarts(day, market.time_zone, market.interval_minutes).indexOf(
                  startMs,
                );
                const starts = dayStarts(next, market.time_zone, market.interval_minutes);
                const to = starts[Math.max(0, Math.min(at, starts.length - 1))];
                if (to !== undefined) move({ day: next, of: new Date(to).toISOString() });
              }}
            />
            <IntervalPicker
              label={t("column.delivery")}
              day={day}
              minutes={market.interval_minutes}
              value={startMs}
              onChange={(next) => move({ of: new Date(next).toISOString() })}
            />
          </>
        )}
        <Text
          label={t("column.participant")}
          value={place.participant}
          onChange={(next) => move({ participant: next })}
        />
        <Text
          label={t("column.unit")}
          value={place.unit}
          onChange={(next) => move({ unit: next })}
        />
        <Choose
          label={t("column.area")}
          value={area}
          onChange={(next) => move({ in: next })}
          options={market.areas.map(({ area_id }) => ({ value: area_id, text: area_id }))}
        />
        <Choose
          label={t("side.label")}
          value={side}
          onChange={(next) => move({ side: next })}
          options={(["buy", "sell"] as const).map((value) => ({ value, text: t(`side.${value}`) }))}
        />
        <Choose
          label={t("column.state")}
          value={state}
          onChange={(next) => move({ state: next })}
          options={STATES.map((value) => ({ value, text: word(t, "order_state", value) }))}
        />
        {one && (
          <Choose
            label={t("column.marks")}
            value={mark}
            onChange={(next) => move({ mark: next })}
            options={MARKS.map((value) => ({ value, text: t(`mark.${value}`) }))}
          />
        )}
      </Filters>
      {one && (
        <Tiles label={t("blotter.marked")}>
          <Figure label={t("blotter.orders")}>{format.whole(orders.items.length)}</Figure>
          {MARKS.map((kind) => (
            <Figure
              key={kind}
              label={t(`mark.${kind}`)}
              {...(counted(kind) > 0 ? { tone: "warning" as const } : {})}
            >
              {whole ? format.whole(counted(kind)) : "–"}
            </Figure>
          ))}
        </Tiles>
      )}
      <Panel
        title={t("blotter.title")}
        note={startMs === null ? t("blotter.every") : format.stamp(startMs)}
        flush
      >
        <DataTable
          name={one ? "orderbook-orders" : "orderbook-orders-all"}
          label={t("blotter.title")}
          columns={columns}
          rows={rows}
          rowKey={orderKey}
          state={orders.state}
          {...(orders.problem ? { failed: { ...orders.problem, onAgain: orders.again } } : {})}
          empty={
            startMs !== null && startMs > gated
              ? t("blotter.sealed")
              : orders.items.length > 0
                ? t("blotter.filtered")
                : t("blotter.empty")
          }
          tone={(order) => (marks.has(order.order_id) ? "warning" : undefined)}
          details={(order) => (
            <OrderDetails order={order} marks={marks.get(order.order_id) ?? []} market={market} />
          )}
          {...(one
            ? {}
            : { more: { has: orders.more, loading: orders.busy, load: orders.fetchMore } })}
        />
      </Panel>
      <details className="ob-rules">
        <summary>{t("rule.title")}</summary>
        <ul>
          <li>
            {t("rule.far", {
              percent: String(FAR_PERCENT),
              least: format.price(FAR_LEAST),
              unit: t("unit.price", { currency }),
            })}
          </li>
          <li>{t("rule.both")}</li>
          <li>{t("rule.share", { percent: String(SHARE_PERCENT), members: SHARE_MEMBERS })}</li>
          <li>{t("rule.counted")}</li>
        </ul>
      </details>
    </div>
  );
}

function marksIn(
  orders: readonly Order[],
  prices: readonly { area_id: string; price_per_mwh: string | null }[],
  market: Market,
) {
  const known = prices.flatMap(({ area_id, price_per_mwh: price }) =>
    price === null ? [] : [[area_id, price] as const],
  );
  const shareless = market.areas.filter((each) => each.holds_last_resort);
  return marksOf(orders, new Map(known), new Set(shareless.map(({ area_id }) => area_id)));
}

interface TextProps {
  label: string;
  value: string | undefined;
  onChange(value: string | null): void;
}

function Text({ label, value = "", onChange }: TextProps) {
  const id = useId();
  const [typed, type] = useState(value);
  return (
    <span className="p-filter ob-field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="search"
        value={typed}
        onChange={(event) => {
          type(event.target.value);
          onChange(event.target.value.trim() || null);
        }}
      />
    </span>
  );
}

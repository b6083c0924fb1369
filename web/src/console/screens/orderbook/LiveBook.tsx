// The open book of an area and an interval as the stream tells it: depth, ladder, and what trades.

import { memo, useMemo } from "react";
import { Choose, Filters } from "../../../parts/filter/Filters";
import { Figure, Tiles } from "../../../parts/frame/Figures";
import { Panel } from "../../../parts/frame/Panel";
import { Split } from "../../../parts/frame/Page";
import { Empty, Loading, Stale } from "../../../parts/state/states";
import { DataTable } from "../../../parts/table/DataTable";
import type { Column } from "../../../parts/table/columns";
import { Energy, Price } from "../../../parts/text/Quantity";
import { word } from "../../../language/words";
import { MERGED, type Book } from "../../../market/books";
import { bookKeys } from "../../../market/feed";
import { useFeed, usePicture } from "../../../market/hooks";
import type { SeenTrade, Situation } from "../../../market/state";
import { phaseIn } from "../../../market/stops";
import { useHub, useLive } from "../../../shell/live";
import type { Market } from "../../../wire/types";
import { depthOf, spreadOf } from "../../book/depth";
import { DepthPanel } from "../../book/DepthPanel";
import { Ladder } from "../../book/Ladder";
import type { Move, Place } from "../../place";
import { useTexts } from "./texts";

interface Props {
  market: Market;
  place: Place<"area" | "start">;
  move: Move<"area" | "start">;
}

export function LiveBook({ market, place, move }: Props) {
  const { t, format } = useTexts();
  const { live, sinceMs } = useLive();
  const hub = useHub();
  const { situation } = usePicture(useFeed(market, hub));
  const keys = bookKeys(market);
  const { key, start } = chosen(situation, keys, place);
  const books = situation.books.get(key);
  const book = start === null ? undefined : books?.get(start);
  const { buys, sells } = useMemo(() => depthOf(book), [book]);
  const trades = useMemo(
    () => situation.trades.filter(({ area_id }) => key === MERGED || area_id === key),
    [situation.trades, key],
  );
  if (market.continuous == null) {
    return <Empty title={t("book.none_title")}>{t("book.none")}</Empty>;
  }
  const step = market.interval_minutes * 60_000;
  const span = (each: string) => format.interval(each, Date.parse(each) + step);
  const interval = start === null ? undefined : situation.intervals.get(start);
  const phase = interval
    ? phaseIn(situation.stops, interval, key === MERGED ? null : key)
    : (book?.phase ?? null);
  const spread = spreadOf(buys, sells);
  const { currency } = market;
  const last = trades.find((each) => start === null || each.start === start);
  return (
    <div className="ob-all">
      <Filters label={t("book.choose")}>
        <Choose
          label={t("column.area")}
          value={key}
          all={null}
          onChange={(area) => move({ area, start: null })}
          options={keys.map((each) => ({
            value: each,
            text: each === MERGED ? t("book.merged") : each,
          }))}
        />
        <Choose
          label={t("column.delivery")}
          value={start}
          all={null}
          onChange={(next) => move({ start: next })}
          options={[...(books?.keys() ?? [])].sort().map((each) => ({
            value: each,
            text: `${format.dayShort(each)} ${span(each)} (${format.whole(books?.get(each)?.levels.size)})`,
          }))}
        />
        {phase !== null && <span className={`chip phase-${phase}`}>{word(t, "phase", phase)}</span>}
      </Filters>
      {books === undefined ? (
        <Loading shape="chart" />
      ) : (
        <Stale stale={!live} since={sinceMs}>
          <div className="ob-all">
            <Tiles label={t("tile.all")}>
              <Figure label={t("tile.bid")} note={<Energy kwh={buys[0]?.kwh} />}>
                <Price value={buys[0]?.price} currency={currency} />
              </Figure>
              <Figure label={t("tile.ask")} note={<Energy kwh={sells[0]?.kwh} />}>
                <Price value={sells[0]?.price} currency={currency} />
              </Figure>
              <Figure label={t("tile.spread")}>
                <Price value={spread} currency={currency} />
              </Figure>
              <Figure label={t("tile.last")} note={last && <Energy kwh={last.energy_kwh} />}>
                <Price value={last?.price_per_mwh} currency={currency} />
              </Figure>
              <Figure label={t("tile.buys")}>
                <Energy kwh={buys.at(-1)?.totalKwh} />
              </Figure>
              <Figure label={t("tile.sells")}>
                <Energy kwh={sells.at(-1)?.totalKwh} />
              </Figure>
            </Tiles>
            <Split
              percent={40}
              aside={
                <Panel title={t("ladder.title")} note={start !== null && span(start)} flush>
                  <Ladder {...{ buys, sells, currency }} label={t("ladder.title")} />
                </Panel>
              }
            >
              <DepthPanel
                {...{ buys, sells, currency }}
                note={start === null ? "" : span(start)}
                area={key === MERGED ? t("book.merged") : key}
              />
            </Split>
          </div>
        </Stale>
      )}
      <Tape trades={trades} currency={currency} heard={books !== undefined} minutes={step} />
    </div>
  );
}

/** The book that is asked for, else the first in which something stands. */
function chosen(situation: Situation, keys: readonly string[], place: Props["place"]) {
  const filled = (key: string): string | null =>
    [...(situation.books.get(key) ?? new Map<string, Book>())]
      .filter(([, { levels }]) => levels.size > 0)
      .map(([start]) => start)
      .sort()[0] ?? null;
  const wished = keys.find((key) => key === place.area);
  const key = wished ?? keys.find((each) => filled(each) !== null) ?? MERGED;
  const books = situation.books.get(key);
  if (place.start !== undefined && books?.has(place.start)) return { key, start: place.start };
  return { key, start: filled(key) ?? [...(books?.keys() ?? [])].sort()[0] ?? null };
}

const tradeKey = ({ trade_id }: SeenTrade) => trade_id;

interface TapeProps {
  trades: readonly SeenTrade[];
  currency: string;
  heard: boolean;
  minutes: number;
}

/** Public trades as they are made, the newest first. */
const Tape = memo(function Tape({ trades, currency, heard, minutes }: TapeProps) {
  const { t, format } = useTexts();
  const columns = useMemo<Column<SeenTrade>[]>(
    () => [
      {
        ...{ key: "start", title: t("column.delivery"), kind: "time", width: 170 },
        value: ({ start }) => start,
        cell: ({ start }) =>
          `${format.dayShort(start)} ${format.interval(start, Date.parse(start) + minutes)}`,
        card: "title",
      },
      {
        ...{ key: "area", title: t("column.area"), kind: "text", width: 80 },
        value: ({ area_id }) => area_id,
      },
      {
        ...{ key: "side", title: t("side.label"), kind: "text", width: 90, choosable: true },
        value: ({ side }) => side,
        said: ({ side }) => t(`side.${side}`),
        cell: ({ side }) => <SideMark side={side} />,
      },
      {
        ...{ key: "price", title: t("column.price"), kind: "decimal" },
        unit: t("unit.price", { currency }),
        value: ({ price_per_mwh }) => price_per_mwh,
        cell: ({ price_per_mwh }) => format.price(price_per_mwh),
      },
      {
        ...{ key: "energy", title: t("column.energy"), unit: t("unit.kwh"), kind: "decimal" },
        value: ({ energy_kwh }) => energy_kwh,
        cell: ({ energy_kwh }) => format.kwh(energy_kwh),
      },
      {
        ...{ key: "venue", title: t("column.venue"), kind: "text", choosable: true },
        value: ({ venue }) => venue,
        said: ({ venue }) => word(t, "venue", venue),
        cell: ({ venue, state = "completed" }) =>
          state === "completed"
            ? word(t, "venue", venue)
            : `${word(t, "venue", venue)} · ${word(t, "trade_state", state)}`,
      },
      {
        ...{ key: "id", title: t("column.trade"), kind: "text", hidden: true },
        value: tradeKey,
      },
    ],
    [t, format, currency, minutes],
  );
  return (
    <Panel title={t("tape.title")} note={t("tape.note")} flush>
      <DataTable
        name="orderbook-trades"
        label={t("tape.title")}
        columns={columns}
        rows={trades}
        rowKey={tradeKey}
        state={heard ? "ready" : "loading"}
        empty={t("tape.empty")}
        height={320}
      />
    </Panel>
  );
});

/** Which side, by word and sign as well as by colour. */
export function SideMark({ side }: { side: "buy" | "sell" }) {
  const { t } = useTexts();
  return (
    <span className={`ob-side ob-${side}`}>
      <span aria-hidden="true">{side === "buy" ? "◁" : "▶"}</span> {t(`side.${side}`)}
    </span>
  );
}

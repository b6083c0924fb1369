// The open book of continuous trading: what is asked and offered in one area and interval, by price.

import { memo, useState } from "react";
import { useTexts } from "./texts";
import { word } from "../../../language/words";
import { MERGED, ladder, type Book } from "../../../market/books";
import { bookKeys } from "../../../market/feed";
import type { Situation } from "../../../market/state";
import { phaseIn } from "../../../market/stops";
import type { Market } from "../../../wire/types";
import { Panel, Table } from "./Panel";

/** Levels of a side; more are seldom read, and what is far from the price seldom trades. */
const LEVELS = 6;

interface Props {
  market: Market;
  situation: Situation;
}

/** Drawn anew only when what it shows has changed: the clock alone moves nothing in here. */
export const BookPanel = memo(
  function BookPanel({ market, situation }: Props) {
    const { t, format } = useTexts();
    const [wantedArea, wantArea] = useState<string | null>(null);
    const [wantedStart, wantStart] = useState<string | null>(null);
    const keys = bookKeys(market);
    const key = wantedArea ?? keys.find((each) => firstFilled(situation, each)) ?? MERGED;
    const books = situation.books.get(key);
    const starts = [...(books?.keys() ?? [])].sort();
    // Without a wish, or when the one wished for has closed: the next interval in which something stands.
    const start =
      wantedStart !== null && books?.has(wantedStart)
        ? wantedStart
        : (firstFilled(situation, key) ?? starts[0]);
    const interval = start === undefined ? undefined : situation.intervals.get(start);
    const area = key === MERGED ? null : key;
    const phase = interval
      ? phaseIn(situation.stops, interval, area)
      : start === undefined
        ? null
        : (books?.get(start)?.phase ?? null);
    const rungs = ladder(start === undefined ? undefined : books?.get(start), LEVELS);
    const name = (each: string) => (each === MERGED ? t("book.merged") : each);
    const spanOf = (each: string) => format.span(each, situation.intervals.get(each)?.end ?? null);

    const tools = (
      <>
        {phase !== null && <span className={`chip phase-${phase}`}>{word(t, "phase", phase)}</span>}
        <label className="choice">
          <span className="unseen">{t("curves.area")}</span>
          <select value={key} onChange={(event) => wantArea(event.target.value)}>
            {keys.map((each) => (
              <option key={each} value={each}>
                {name(each)}
              </option>
            ))}
          </select>
        </label>
        <label className="choice">
          <span className="unseen">{t("interval.choose")}</span>
          <select
            value={start ?? ""}
            disabled={start === undefined}
            onChange={(event) => wantStart(event.target.value)}
          >
            {starts.map((each) => (
              <option key={each} value={each}>
                {spanOf(each)}
              </option>
            ))}
          </select>
        </label>
      </>
    );
    const nothing =
      books === undefined ? "book.loading" : start === undefined ? "book.closed" : "book.empty";
    const caption = t("book.caption", {
      area: name(key),
      interval: start === undefined ? "" : spanOf(start),
    });
    return (
      <Panel name="book" title={t("book.title")} tools={tools}>
        {start === undefined || rungs.length === 0 ? (
          <p className="empty">{t(nothing)}</p>
        ) : (
          <div className="scroll" tabIndex={0} role="group" aria-label={caption}>
            <Table
              caption={caption}
              head={[
                t("unit.price", { currency: market.currency }),
                `${t("side.buy")} ${t("unit.kwh")}`,
                `${t("side.sell")} ${t("unit.kwh")}`,
              ]}
              left={[]}
              rows={rungs.map(({ price, buyKwh, sellKwh, part }) => ({
                key: `${buyKwh === null ? "sell" : "buy"} ${price}`,
                cells: [
                  format.price(price),
                  buyKwh && <Bar key="buy" side="buy" part={part} text={format.kwh(buyKwh)} />,
                  sellKwh && <Bar key="sell" side="sell" part={part} text={format.kwh(sellKwh)} />,
                ],
              }))}
            />
          </div>
        )}
      </Panel>
    );
  },
  (before, after) =>
    before.market === after.market &&
    before.situation.books === after.situation.books &&
    before.situation.stops === after.situation.stops &&
    before.situation.intervals === after.situation.intervals,
);

/** The first interval in which an area's book holds something. */
function firstFilled(situation: Situation, key: string): string | undefined {
  const filled = [...(situation.books.get(key) ?? new Map<string, Book>())]
    .filter(([, { levels }]) => levels.size > 0)
    .map(([start]) => start);
  return filled.sort()[0];
}

/** The energy of a level, as a number over a bar. */
function Bar({ side, part, text }: { side: "buy" | "sell"; part: number; text: string }) {
  return (
    <span className={`level ${side}`}>
      <svg className="level-bar" width="100%" height="100%" aria-hidden="true">
        <rect width={`${100 * part}%`} height="100%" />
      </svg>
      <span className="level-text">{text}</span>
    </span>
  );
}

// The ladder: what stands at each price, sellers above, buyers below, and between them the spread.

import { useTexts } from "./texts";
import type { DepthRow } from "./depth";
import "./book.css";

/** Levels of a side; the depth chart's table has all of them. */
const LEVELS = 12;

interface Props {
  buys: readonly DepthRow[];
  sells: readonly DepthRow[];
  currency: string;
  label: string;
}

export function Ladder({ buys, sells, currency, label }: Props) {
  const { t, format } = useTexts();
  const above = sells.slice(0, LEVELS).reverse();
  const below = buys.slice(0, LEVELS);
  const largest = Math.max(0, ...[...above, ...below].map(({ kwh }) => Number(kwh)));
  if (above.length + below.length === 0) return <p className="bk-nothing">{t("ladder.empty")}</p>;
  const row = ({ key, side, price, kwh, totalKwh }: DepthRow) => (
    <tr key={key} className={`bk-level bk-level-${side}`}>
      <td>{side === "buy" && <Bar kwh={kwh} largest={largest} text={format.kwh(kwh)} />}</td>
      <th scope="row">{format.price(price)}</th>
      <td>{side === "sell" && <Bar kwh={kwh} largest={largest} text={format.kwh(kwh)} />}</td>
      <td className="bk-total">{format.kwh(totalKwh)}</td>
    </tr>
  );
  return (
    <div className="bk-ladder" tabIndex={0} role="group" aria-label={label}>
      <table>
        <thead>
          <tr>
            <th scope="col">
              {t("side.buy")}
              <small>{t("unit.kwh")}</small>
            </th>
            <th scope="col">
              {t("column.price")}
              <small>{t("unit.price", { currency })}</small>
            </th>
            <th scope="col">
              {t("side.sell")}
              <small>{t("unit.kwh")}</small>
            </th>
            <th scope="col">
              {t("column.total")}
              <small>{t("unit.kwh")}</small>
            </th>
          </tr>
        </thead>
        <tbody>{above.map(row)}</tbody>
        <tbody className="bk-below">{below.map(row)}</tbody>
      </table>
    </div>
  );
}

function Bar({ kwh, largest, text }: { kwh: string; largest: number; text: string }) {
  const part = largest > 0 ? (100 * Number(kwh)) / largest : 0;
  return (
    <span className="bk-bar">
      <svg width="100%" height="100%" aria-hidden="true">
        <rect width={`${part}%`} height="100%" />
      </svg>
      <span>{text}</span>
    </span>
  );
}

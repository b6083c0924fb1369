// One bill line by line, and where it can be read as its receiver reads it.

import { Link } from "react-router";
import { Energy, Money, Price } from "../../../parts/text/Quantity";
import { addressOf } from "../../../wire/client";
import type { Market } from "../../../wire/types";
import { useTexts, type Key } from "./texts";
import type { Bill } from "./wire";

export function BillDetails({ bill, market }: { bill: Bill; market: Market }) {
  const { t, language } = useTexts();
  const { currency, market_id } = market;
  const page = addressOf(
    "/v1/markets/{market}/bills/{bill_id}/page",
    { market: market_id, bill_id: bill.bill_id },
    { language: language === "en" ? "en" : "zh" },
  );
  return (
    <div className="st-bill">
      <table className="st-lines" aria-label={t("bills.lines", { bill: bill.bill_id })}>
        <thead>
          <tr>
            <th scope="col">{t("column.line")}</th>
            <th scope="col">{t("column.energy")}</th>
            <th scope="col">{t("column.price")}</th>
            <th scope="col">{t("column.amount")}</th>
          </tr>
        </thead>
        <tbody>
          {bill.lines.map((line, index) => (
            <tr key={index}>
              <th scope="row">
                {t(`line.${line.kind}` as Key, { defaultValue: line.kind })}
                {line.detail && <small> {line.detail}</small>}
              </th>
              <td>{line.energy_kwh === null ? "–" : <Energy kwh={line.energy_kwh} least={3} />}</td>
              <td>
                {line.price_per_mwh === null ? (
                  "–"
                ) : (
                  <Price value={line.price_per_mwh} currency={currency} />
                )}
              </td>
              <td>
                <Money amount={line.amount} currency={currency} places={8} />
              </td>
            </tr>
          ))}
          {(["net_amount", "tax_amount", "total_amount"] as const).map((sum) => (
            <tr key={sum} className="st-sum">
              <th scope="row" colSpan={3}>
                {t(`sum.${sum}`)}
              </th>
              <td>
                <Money amount={bill[sum]} currency={currency} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="st-links">
        <a href={page} target="_blank" rel="noreferrer">
          {t("bills.page")}
        </a>
        {bill.disputes.map(({ case_id }) => (
          <Link key={case_id} to={`/desk?case=${encodeURIComponent(case_id)}`}>
            {t("bills.dispute", { id: case_id })}
          </Link>
        ))}
      </p>
    </div>
  );
}

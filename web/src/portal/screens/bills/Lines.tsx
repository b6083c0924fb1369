// The lines of a bill, each down to the trades, readings and postings that it adds up.

import { useMemo } from "react";
import { Panel } from "../../../parts/frame/Panel";
import type { Column } from "../../../parts/table/columns";
import { DataTable } from "../../../parts/table/DataTable";
import { Money } from "../../../parts/text/Quantity";
import { word } from "../../../language/words";
import { useMarket } from "../../../shell/markets";
import { useList } from "../../../wire/queries";
import type { Bill, Detail, Line } from "../../../wire/bills";
import { behind, kindOf } from "./bill";
import { useTexts } from "./texts";

type Row = Line & { place: number };

export function Lines({ bill }: { bill: Bill }) {
  const { t, format } = useTexts();
  const { currency } = useMarket();
  const rows = useMemo<Row[]>(
    () => bill.lines.map((line, place) => ({ ...line, place })),
    [bill.lines],
  );
  const name = useLineName();
  const columns = useMemo<Column<Row>[]>(
    () => [
      {
        ...{ key: "what", title: t("line.what"), kind: "text", width: 240, card: "title" },
        value: (line) => line.place,
        said: name,
        cell: (line) => (
          <>
            {name(line)}
            {line.correction && (
              <small className="bill-correction">
                {t("line.corrected", {
                  day: format.day(line.correction.day),
                  version: line.correction.version,
                })}
              </small>
            )}
          </>
        ),
      },
      {
        ...{ key: "count", title: t("line.count"), kind: "decimal", width: 90 },
        value: ({ count }) => count,
        cell: ({ count }) => format.whole(count),
      },
      {
        ...{ key: "energy", title: t("line.energy"), kind: "decimal", width: 100 },
        unit: t("unit.kwh"),
        value: ({ energy_kwh }) => energy_kwh,
        cell: ({ energy_kwh }) => format.kwh(energy_kwh),
      },
      {
        ...{ key: "price", title: t("line.price"), kind: "decimal", width: 120 },
        unit: t("unit.price", { currency }),
        value: ({ price_per_mwh }) => price_per_mwh,
        cell: ({ price_per_mwh }) =>
          price_per_mwh === null ? t("line.several") : format.price(price_per_mwh),
      },
      {
        ...{ key: "amount", title: t("amount"), kind: "decimal", width: 110 },
        value: ({ amount }) => amount,
        cell: ({ amount }) => <Money amount={amount} currency={currency} places={4} />,
      },
    ],
    [t, format, currency, name],
  );
  const money = (amount: string) => <Money amount={amount} currency={currency} places={4} />;
  return (
    <Panel
      title={t("line.title")}
      note={t("line.note")}
      flush
      foot={
        <dl className="bill-sums">
          <dt>{t("sum.net")}</dt>
          <dd>{money(bill.net_amount)}</dd>
          {bill.taxes.map((tax) => (
            <div key={tax.tax_id}>
              <dt>
                {t("sum.tax", { name: tax.name, base: format.money(tax.base_amount, currency) })}
              </dt>
              <dd>{money(tax.amount)}</dd>
            </div>
          ))}
          <dt>{t("sum.rounding")}</dt>
          <dd>{money(bill.rounding_amount)}</dd>
          <dt>
            <b>{t("amount")}</b>
          </dt>
          <dd>
            <b>{money(bill.total_amount)}</b>
          </dd>
        </dl>
      }
    >
      <DataTable<Row>
        name="bill-lines"
        label={t("line.title")}
        columns={columns}
        rows={rows}
        rowKey={({ place }) => String(place)}
        empty={t("line.none")}
        details={(line) => <Behind bill={bill} line={line} />}
        height={Math.min(560, 160 + rows.length * 38)}
      />
    </Panel>
  );
}

/** A line's name: its kind, and of energy how it was traded. */
export function useLineName(): (line: Pick<Line, "kind" | "detail">) => string {
  const { t } = useTexts();
  return useMemo(
    () =>
      ({ kind, detail }) => {
        const name = t(`kinds.${kindOf(kind)}`);
        if (detail === "") return name;
        const of = kind === "credit" ? t(`kinds.${kindOf(detail)}`) : word(t, "venue", detail);
        return `${name} · ${of}`;
      },
    [t],
  );
}

function Behind({ bill, line }: { bill: Bill; line: Line }) {
  const { t, format } = useTexts();
  const { currency, interval_minutes } = useMarket();
  const details = useList("/v1/markets/{market}/bills/{bill_id}/details", {
    params: { bill_id: bill.bill_id },
    all: true,
  });
  const trades = useList("/v1/markets/{market}/trades", {
    query: { from: bill.start, to: bill.end },
    all: true,
    when: line.detail !== "" && line.kind !== "credit",
  });
  const rows = useMemo(
    () =>
      behind(
        line,
        details.items,
        new Map(
          trades.items.map((each) => {
            const { trade_id, venue } = each as { trade_id: string; venue: string };
            return [trade_id, venue];
          }),
        ),
      ),
    [line, details.items, trades.items],
  );
  const columns = useMemo<Column<Detail>[]>(
    () => [
      {
        ...{ key: "start", title: t("line.delivered"), kind: "time", width: 190, card: "title" },
        value: ({ start }) => start,
        cell: ({ start }) =>
          start !== null &&
          `${format.dayShort(start)}, ${format.interval(start, Date.parse(start) + interval_minutes * 60_000)}`,
      },
      {
        ...{ key: "reference", title: t("line.reference"), kind: "text", width: 90 },
        value: ({ reference }) => reference,
      },
      {
        ...{ key: "energy", title: t("line.energy"), kind: "decimal", width: 100 },
        unit: t("unit.kwh"),
        value: ({ energy_kwh }) => energy_kwh,
        cell: ({ energy_kwh }) => format.kwh(energy_kwh),
      },
      {
        ...{ key: "price", title: t("line.price"), kind: "decimal", width: 110 },
        unit: t("unit.price", { currency }),
        value: ({ price_per_mwh }) => price_per_mwh,
        cell: ({ price_per_mwh }) => format.price(price_per_mwh),
      },
      {
        ...{ key: "amount", title: t("amount"), kind: "decimal", width: 110 },
        value: ({ amount }) => amount,
        cell: ({ amount }) => <Money amount={amount} currency={currency} places={8} />,
      },
    ],
    [t, format, currency, interval_minutes],
  );
  const { code = "UNREACHABLE", traceId = null } = details.problem ?? {};
  const money = (amount: string) => <Money amount={amount} currency={currency} places={4} />;
  return (
    <div className="bill-behind">
      {line.of_which && (
        <p className="bill-note">
          {t("line.of_which")} {t("line.of_energy")} {money(line.of_which.energy_amount)} ·{" "}
          {t("line.of_fee")} {money(line.of_which.line_fee_amount)} · {t("line.of_loss")}{" "}
          {money(line.of_which.line_loss_amount)} · {t("line.of_rent")}{" "}
          {money(line.of_which.line_rent_amount)}
        </p>
      )}
      <DataTable<Detail>
        name="bill-details"
        label={t("line.behind")}
        columns={columns}
        rows={rows}
        rowKey={(row) => `${row.start} ${row.reference} ${row.amount}`}
        state={details.state}
        failed={{ code, traceId, onAgain: details.again }}
        empty={t("line.nothing_behind")}
        height={Math.min(320, 150 + rows.length * 34)}
        bare
      />
    </div>
  );
}

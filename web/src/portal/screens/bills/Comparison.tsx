// The bill against the plain tariff: what the same energy would have cost without the market.

import { useCallback, useMemo } from "react";
import { ChartPanel } from "../../../parts/chart/ChartPanel";
import { axisOf, Diagram, tooltipOf } from "../../../parts/chart/Diagram";
import type { Palette } from "../../../parts/chart/look";
import { Panel } from "../../../parts/frame/Panel";
import type { Column } from "../../../parts/table/columns";
import { Money } from "../../../parts/text/Quantity";
import { useMarket } from "../../../shell/markets";
import type { Bill, Plain } from "../../../wire/bills";
import { compared, savingOf, sign, type Compared } from "./bill";
import { useTexts } from "./texts";

export function Comparison({ bill }: { bill: Bill }) {
  const { t } = useTexts();
  if (bill.plain === null) {
    return (
      <Panel title={t("plain.title")}>
        <p className="bill-note">{t("plain.none")}</p>
      </Panel>
    );
  }
  return <Chart bill={bill} plain={bill.plain} />;
}

function Chart({ bill, plain }: { bill: Bill; plain: Plain }) {
  const { t, format } = useTexts();
  const { currency } = useMarket();
  const rows = useMemo(() => compared(bill, plain), [bill, plain]);
  const saving = savingOf(bill) ?? "0";
  const columns = useMemo<Column<Compared>[]>(() => {
    const money = (amount: string) => <Money amount={amount} currency={currency} places={4} />;
    return [
      {
        ...{ key: "part", title: t("line.what"), kind: "text", width: 180, card: "title" },
        value: ({ key }) => t(`plain.part_${key}`),
      },
      {
        ...{ key: "bill", title: t("plain.bill"), kind: "decimal", width: 120 },
        value: (row) => row.bill,
        cell: (row) => money(row.bill),
      },
      {
        ...{ key: "plain", title: t("plain.plain"), kind: "decimal", width: 120 },
        value: (row) => row.plain,
        cell: (row) => money(row.plain),
      },
    ];
  }, [t, currency]);
  const option = useCallback(
    (colour: Palette) => {
      const bars = (name: string, ink: string, amounts: string[]) => ({
        ...{ type: "bar", name, barMaxWidth: 14, data: amounts.map(Number) },
        itemStyle: { color: ink, borderRadius: 2 },
      });
      return {
        grid: { left: 8, right: 12, top: 20, bottom: 8, containLabel: true },
        yAxis: axisOf(colour, {
          ...{ type: "category", inverse: true },
          data: rows.map(({ key }) => t(`plain.part_${key}`)),
          axisLabel: { color: colour("muted"), interval: 0, width: 90, overflow: "break" },
        }),
        xAxis: axisOf(colour, {
          type: "value",
          axisLabel: {
            ...{ color: colour("muted"), hideOverlap: true },
            formatter: (value: number) => format.money(String(value), currency),
          },
        }),
        tooltip: tooltipOf(colour, {
          trigger: "axis",
          axisPointer: { type: "shadow" },
          formatter: (points: { dataIndex: number }[]) => {
            const row = rows[points[0]?.dataIndex ?? -1];
            if (!row) return "";
            return (
              `${t(`plain.part_${row.key}`)}\n` +
              `${t("plain.bill")} ${format.money(row.bill, currency)}\n` +
              `${t("plain.plain")} ${format.money(row.plain, currency)}`
            );
          },
        }),
        series: [
          bars(
            t("plain.bill"),
            colour("series-1"),
            rows.map((row) => row.bill),
          ),
          bars(
            t("plain.plain"),
            colour("series-0"),
            rows.map((row) => row.plain),
          ),
        ],
      };
    },
    [rows, t, format, currency],
  );
  const told = t(sign(saving) < 0 ? "plain.says_more" : "plain.says_less", {
    bill: format.money(bill.total_amount, currency),
    plain: format.money(plain.total_amount, currency),
    difference: format.money(saving.replace("-", ""), currency),
  });
  return (
    <ChartPanel<Compared>
      name={`bill-${bill.month}-plain`}
      title={t("plain.title")}
      description={told}
      columns={columns}
      rows={rows}
      rowKey={({ key }) => key}
      empty={t("plain.none")}
      height={260}
      legend={[
        { key: "bill", label: t("plain.bill"), colour: "--series-1", shape: "square" },
        { key: "plain", label: t("plain.plain"), colour: "--series-0", shape: "square" },
      ]}
      foot={told}
    >
      <Diagram option={option} description={told} />
    </ChartPanel>
  );
}

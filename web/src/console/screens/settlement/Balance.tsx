// The ledger at the end of a day: every account, what was booked on it, and the proof that it adds up.

import { useMemo } from "react";
import { DayPicker } from "../../../parts/filter/DayPicker";
import { Filters } from "../../../parts/filter/Filters";
import { Figure, Tiles } from "../../../parts/frame/Figures";
import { Panel } from "../../../parts/frame/Panel";
import { Loading } from "../../../parts/state/states";
import type { Column } from "../../../parts/table/columns";
import { DataTable } from "../../../parts/table/DataTable";
import { Money } from "../../../parts/text/Quantity";
import { State } from "../../../parts/text/State";
import { useRead } from "../../../wire/queries";
import type { Market } from "../../../wire/types";
import { tradedDays } from "../../place";
import { accountWord } from "./cells";
import { isZero } from "./figures";
import { Postings } from "./Postings";
import { useTexts } from "./texts";
import type { Account } from "./wire";

interface Props {
  market: Market;
  day: string;
  onDay(day: string): void;
}

export function Balance({ market, day, onDay }: Props) {
  const { t, format } = useTexts();
  const { currency } = market;
  const read = useRead("/v1/markets/{market}/ledger/trial-balance", {
    query: { day },
    keep: true,
  });
  const { value } = read;
  const columns = useMemo<Column<Account>[]>(() => {
    const money = (key: "opening" | "received" | "given" | "balance"): Column<Account> => ({
      ...{
        key,
        title: t(`column.${key}`),
        kind: "decimal",
        unit: currency,
        unitInCells: true,
        width: 150,
      },
      value: (row) => row[key],
      cell: (row) => <Money amount={row[key]} currency={currency} places={8} />,
    });
    return [
      {
        ...{ key: "account", title: t("column.account"), kind: "text", width: 230 },
        value: (row) => row.account,
        cell: (row) => accountWord(t, row.account),
        said: (row) => accountWord(t, row.account),
        card: "title",
      },
      money("opening"),
      money("received"),
      money("given"),
      money("balance"),
    ];
  }, [t, currency]);
  const balanced = value !== undefined && isZero(value.sums.balance);
  return (
    <>
      <Filters label={t("filter.label")}>
        <DayPicker label={t("filter.day")} value={day} {...tradedDays(market)} onChange={onDay} />
      </Filters>
      {value === undefined ? (
        read.state === "loading" && <Loading shape="tiles" />
      ) : (
        <Tiles label={t("tile.label")}>
          <Figure
            label={t("ledger.sum")}
            tone={balanced ? "good" : "bad"}
            state={
              <State tone={balanced ? "good" : "bad"}>
                {t(balanced ? "ledger.balanced" : "ledger.broken")}
              </State>
            }
          >
            <Money amount={value.sums.balance} currency={currency} places={8} />
          </Figure>
          <Figure label={t("ledger.booked")} note={t("ledger.booked_note")}>
            <Money amount={value.sums.received} currency={currency} />
          </Figure>
          <Figure label={t("ledger.accounts")}>{format.whole(value.accounts.length)}</Figure>
        </Tiles>
      )}
      <Panel title={t("ledger.title")} note={format.day(`${day}T12:00:00Z`)} flush>
        <DataTable<Account>
          name={`trial-balance-${day}`}
          label={t("ledger.title")}
          columns={columns}
          rows={value?.accounts ?? []}
          rowKey={(row) => row.account}
          state={read.state}
          {...(read.problem ? { failed: { ...read.problem, onAgain: read.again } } : {})}
          empty={t("ledger.empty")}
          details={({ account }) => <Postings {...{ account, currency }} height={260} />}
          height={560}
        />
      </Panel>
    </>
  );
}

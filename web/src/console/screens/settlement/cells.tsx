// Columns of this screen's tables: the name of the wire's field is the column, its sort says how it is shown.

import { useMemo } from "react";
import type { Column, Value } from "../../../parts/table/columns";
import { Energy, Money } from "../../../parts/text/Quantity";
import { State, type Tone } from "../../../parts/text/State";
import { Time } from "../../../parts/text/When";
import type { Problem } from "../../../wire/client";
import { useTexts, type Key } from "./texts";

/** Accounts by name; behind a colon stands whose, or of which line. Of several at once, one after the other. */
export function accountWord(t: ReturnType<typeof useTexts>["t"], account: string): string {
  const one = (name: string) => {
    const [kind = "", ...of] = name.split(":");
    const known = t(`account_name.${kind}` as Key, { defaultValue: kind });
    return [known, of.join(":")].join(" ").trim();
  };
  return account.split(" ").map(one).join(", ");
}

type NameOf<Row> = keyof Row & string;
type More<Row> = Partial<Column<Row>>;

/** Makers of columns for rows of one sort. */
export function useCells<Row extends object>(currency: string) {
  const { t, format } = useTexts();
  return useMemo(() => {
    const dayText = (day: string | null) => (day === null ? "–" : format.day(`${day}T12:00:00Z`));
    const valueOf = (row: Row, key: NameOf<Row>) => row[key] as Value;
    const textOf = (row: Row, key: NameOf<Row>) => row[key] as string | null;
    const base = (key: NameOf<Row>) => ({
      key,
      title: t(`column.${key}` as Key),
      value: (row: Row) => valueOf(row, key),
    });
    return {
      text: (key: NameOf<Row>, width = 130, more: More<Row> = {}): Column<Row> => ({
        ...base(key),
        ...{ kind: "text", width },
        ...more,
      }),
      money: (key: NameOf<Row>, width = 115, more: More<Row> = {}): Column<Row> => ({
        ...base(key),
        ...{ kind: "decimal", unit: currency, unitInCells: true, width },
        cell: (row) => <Money amount={textOf(row, key)} currency={currency} />,
        ...more,
      }),
      energy: (key: NameOf<Row>, width = 110): Column<Row> => ({
        ...base(key),
        ...{ kind: "decimal", unit: t("unit.kwh"), unitInCells: true, width },
        cell: (row) => <Energy kwh={textOf(row, key)} />,
      }),
      count: (key: NameOf<Row>, width = 90): Column<Row> => ({
        ...base(key),
        ...{ kind: "decimal", width },
      }),
      /** A local day, `2016-06-30`. */
      day: (key: NameOf<Row>, width = 135): Column<Row> => ({
        ...base(key),
        ...{ kind: "text", width },
        cell: (row) => dayText(textOf(row, key)),
        said: (row) => dayText(textOf(row, key)),
      }),
      account: (key: NameOf<Row>, width = 200): Column<Row> => ({
        ...base(key),
        ...{ kind: "text", width },
        cell: (row) => accountWord(t, textOf(row, key) ?? ""),
        said: (row) => accountWord(t, textOf(row, key) ?? ""),
      }),
      time: (key: NameOf<Row>, width = 175): Column<Row> => ({
        ...base(key),
        ...{ kind: "time", width },
        cell: (row) => <Time at={textOf(row, key)} day />,
      }),
      /** A code by its word; with a tone where it says how something stands. */
      coded: (
        key: NameOf<Row>,
        say: (code: string) => string,
        toneOf: ((code: string) => Tone) | null = null,
        width = 140,
      ): Column<Row> => ({
        ...base(key),
        ...{ kind: "text", width, choosable: true },
        said: (row) => say(textOf(row, key) ?? ""),
        cell: (row) => {
          const code = textOf(row, key);
          if (code === null) return "–";
          return toneOf === null ? say(code) : <State tone={toneOf(code)}>{say(code)}</State>;
        },
      }),
    };
  }, [t, format, currency]);
}

interface Read {
  state: "loading" | "ready" | "failed";
  problem: Problem | null;
  again(): void;
}

/** State and failure of a table or chart, of what it reads. */
export const loaded = ({ state, problem, again }: Read) => ({
  state,
  ...(problem ? { failed: { code: problem.code, traceId: problem.traceId, onAgain: again } } : {}),
});

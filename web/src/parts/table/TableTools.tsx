// Above the table: search, choices, columns, file.

import type { ReactNode } from "react";
import { useSpeech } from "../../language/Speak";
import { Button } from "../Button";
import { Choose, Search } from "../filter/Filters";
import { ColumnChoice } from "./ColumnChoice";
import type { Column } from "./columns";
import type { Layout } from "./layout";

interface Props<Row> {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  layout: Layout;
  setLayout(layout: Layout): void;
  reset(): void;
  search: string;
  setSearch(search: string): void;
  choices: Readonly<Record<string, string>>;
  setChoices(choices: Record<string, string>): void;
  onSave: (() => void) | undefined;
  children?: ReactNode;
}

export function TableTools<Row>(props: Props<Row>) {
  const { label, columns, rows, layout, setLayout, reset, search, setSearch, onSave } = props;
  const { choices, setChoices } = props;
  const { t } = useSpeech();
  return (
    <div className="p-table-tools" role="group" aria-label={t("table.tools", { table: label })}>
      <Search label={t("table.search")} value={search} onChange={setSearch} />
      {columns
        .filter((each) => each.choosable)
        .map((column) => (
          <Choose
            key={column.key}
            label={column.title}
            value={choices[column.key] ?? null}
            options={optionsOf(column, rows)}
            onChange={(value) => {
              const { [column.key]: _gone, ...rest } = choices;
              setChoices(value === null ? rest : { ...rest, [column.key]: value });
            }}
          />
        ))}
      {props.children}
      <span className="p-spring" />
      <ColumnChoice {...{ columns, layout, setLayout, reset }} />
      <Button icon="download" isDisabled={onSave === undefined} onPress={() => onSave?.()}>
        {t("table.csv")}
      </Button>
    </div>
  );
}

function optionsOf<Row>(column: Column<Row>, rows: readonly Row[]) {
  const found = new Map<string, string>();
  for (const row of rows) {
    const value = column.value(row);
    if (value == null || found.has(String(value))) continue;
    found.set(String(value), column.said?.(row) ?? String(value));
  }
  return [...found]
    .map(([value, text]) => ({ value, text }))
    .sort((a, b) => a.text.localeCompare(b.text, undefined, { numeric: true }));
}

// Above cards: what stands in a grid's head, since cards have none.

import { useId, type ReactNode } from "react";
import { useSpeech } from "../../language/Speak";
import { IconButton } from "../Button";
import type { Column } from "./columns";
import type { Sort } from "./layout";

interface Props<Row> {
  columns: readonly Column<Row>[];
  sort: readonly Sort[];
  onSort(sort: Sort[]): void;
  children?: ReactNode;
}

export function CardOrder<Row>({ columns, sort, onSort, children }: Props<Row>) {
  const { t } = useSpeech();
  const id = useId();
  const [by] = sort;
  return (
    <div className="p-card-order">
      {children}
      <span className="p-filter">
        <label htmlFor={id}>{t("table.order")}</label>
        <select
          id={id}
          value={by?.id ?? ""}
          onChange={({ target: { value } }) =>
            onSort(value === "" ? [] : [{ id: value, desc: by?.desc ?? false }])
          }
        >
          <option value="">{t("table.unsorted")}</option>
          {columns
            .filter((each) => each.sortable !== false)
            .map((each) => (
              <option key={each.key} value={each.key}>
                {each.title}
              </option>
            ))}
        </select>
        <IconButton
          icon={by?.desc ? "down" : "up"}
          label={t(by?.desc ? "table.descending" : "table.ascending")}
          isDisabled={by === undefined}
          onPress={() => by && onSort([{ id: by.id, desc: !by.desc }])}
        />
      </span>
    </div>
  );
}

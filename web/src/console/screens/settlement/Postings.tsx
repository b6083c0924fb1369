// What an account gave and received, the newest first.

import { useCallback, useMemo } from "react";
import type { Column } from "../../../parts/table/columns";
import { DataTable } from "../../../parts/table/DataTable";
import { useList } from "../../../wire/queries";
import { loaded, useCells } from "./cells";
import { POSTINGS, type Posting } from "./money";
import { useTexts, type Key } from "./texts";

interface Props {
  account: string;
  currency: string;
  height?: number;
}

const keyOf = ({ posting_id }: Posting) => posting_id;

export function Postings({ account, currency, height = 360 }: Props) {
  const { t } = useTexts();
  const read = useList(POSTINGS, { query: { account }, keep: true });
  const { text, money, coded, time } = useCells<Posting>(currency);
  const kind = useCallback(
    (code: string) => t(`posting.${code}` as Key, { defaultValue: code }),
    [t],
  );
  const columns = useMemo<Column<Posting>[]>(
    () => [
      time("counts_at"),
      coded("kind", kind, null, 200),
      text("from", 190, { card: "title" }),
      text("to", 190),
      money("amount"),
      text("reference", 150),
    ],
    [text, money, coded, time, kind],
  );
  return (
    <DataTable<Posting>
      name={`postings-${account}`}
      label={t("postings.label", { account })}
      columns={columns}
      rows={read.items}
      rowKey={keyOf}
      {...loaded(read)}
      more={{ has: read.more, loading: read.busy, load: read.fetchMore }}
      empty={t("postings.empty")}
      height={height}
    />
  );
}

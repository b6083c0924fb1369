// A month's bills: drafted, looked through, issued; each line by line, with its page for people.

import { useMemo, useState } from "react";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { Button } from "../../../parts/Button";
import { Choose, Filters } from "../../../parts/filter/Filters";
import { Figure, Tiles } from "../../../parts/frame/Figures";
import { Panel } from "../../../parts/frame/Panel";
import { Empty, Loading } from "../../../parts/state/states";
import type { Column } from "../../../parts/table/columns";
import { DataTable } from "../../../parts/table/DataTable";
import { Energy, Money } from "../../../parts/text/Quantity";
import { State, type Tone } from "../../../parts/text/State";
import { useAct, useList } from "../../../wire/queries";
import type { Market } from "../../../wire/types";
import { tradedDays } from "../../place";
import { BillDetails } from "./BillDetails";
import { billingOf, monthsBetween } from "./figures";
import { useTexts } from "./texts";
import { BILLS, type Bill } from "./wire";

interface Props {
  market: Market;
  /** Undefined: the last month that is over. */
  month: string | undefined;
  today: string;
  onMonth(month: string): void;
}

const keyOf = (bill: Bill) => bill.bill_id;
const STATES: Record<Bill["state"], Tone> = {
  draft: "warning",
  issued: "good",
  replaced: "unknown",
};
const PAID: Record<NonNullable<Bill["payment_state"]>, Tone> = {
  open: "accent",
  part_paid: "warning",
  paid: "good",
  overdue: "bad",
};

export function Bills({ market, month: chosen, today, onMonth }: Props) {
  const { t, format } = useTexts();
  const { currency } = market;
  const months = useMemo(() => monthsBetween(tradedDays(market).min, today), [market, today]);
  const month = chosen ?? months[1] ?? months[0] ?? today.slice(0, 7);
  const bills = useList(BILLS, { query: { month }, all: true });
  const [asking, ask] = useState<"draft" | "issue" | null>(null);
  const columns = useColumns(market);
  const sums = billingOf(bills.items);
  const name = format.month(`${month}-15T12:00:00Z`);
  return (
    <>
      <Filters label={t("filter.label")}>
        <Choose
          label={t("filter.month")}
          value={month}
          all={null}
          options={months.map((value) => ({
            value,
            text: format.month(`${value}-15T12:00:00Z`),
          }))}
          onChange={(next) => next !== null && onMonth(next)}
        />
        <Button onPress={() => ask("draft")}>{t("bills.draft")}</Button>
        <Button kind="main" isDisabled={sums.drafts === 0} onPress={() => ask("issue")}>
          {t("bills.issue", { count: format.whole(sums.drafts) })}
        </Button>
      </Filters>
      {bills.state === "loading" ? (
        <Loading shape="tiles" />
      ) : (
        <Tiles label={t("tile.label")}>
          <Figure
            label={t("bills.overdue")}
            {...(sums.overdue > 0 ? { tone: "bad" as const } : {})}
          >
            {format.whole(sums.overdue)}
          </Figure>
          <Figure
            label={t("bills.disputed")}
            {...(sums.disputed > 0 ? { tone: "warning" as const } : {})}
          >
            {format.whole(sums.disputed)}
          </Figure>
          <Figure label={t("bills.drafts")} note={t("bills.drafts_note")}>
            {format.whole(sums.drafts)}
          </Figure>
          <Figure label={t("bills.issued")}>{format.whole(sums.issued)}</Figure>
          <Figure label={t("bills.total")} note={t("bills.total_note")}>
            <Money amount={sums.total} currency={currency} />
          </Figure>
          <Figure label={t("bills.open")}>
            <Money amount={sums.open} currency={currency} />
          </Figure>
        </Tiles>
      )}
      <Panel title={t("bills.title", { month: name })} flush>
        <DataTable<Bill>
          name={`bills-${month}`}
          label={t("bills.title", { month: name })}
          columns={columns}
          rows={bills.items}
          rowKey={keyOf}
          state={bills.state}
          {...(bills.problem ? { failed: { ...bills.problem, onAgain: bills.again } } : {})}
          empty={<Empty title={t("bills.empty")}>{t("bills.empty_text")}</Empty>}
          details={(bill) => <BillDetails bill={bill} market={market} />}
          tone={(bill) => (bill.payment_state === "overdue" ? "bad" : undefined)}
          height={520}
        />
      </Panel>
      {asking && (
        <Billing
          {...{ month, name, currency }}
          act={asking}
          drafts={sums.drafts}
          bills={bills.items}
          onClose={() => ask(null)}
        />
      )}
    </>
  );
}

interface BillingProps {
  month: string;
  name: string;
  currency: string;
  act: "draft" | "issue";
  drafts: number;
  bills: readonly Bill[];
  onClose(): void;
}

/** Drafting and issuing: what it comes to stands there before. */
function Billing({ month, name, currency, act, drafts, bills, onClose }: BillingProps) {
  const { t, format } = useTexts();
  const toast = useToast();
  const draft = useAct("post", "/v1/markets/{market}/bills:draft", { renews: [BILLS] });
  const issue = useAct("post", "/v1/markets/{market}/bills:issue", { renews: [BILLS] });
  const waiting = billingOf(bills.filter(({ state }) => state === "draft"));
  const go = async () => {
    if (act === "draft") {
      const answer = await draft.act({ body: { month } });
      if (!answer.ok) return;
      toast(t("bills.drafted", { count: format.whole(answer.value.drafted) }));
    } else {
      const answer = await issue.act({ body: { month } });
      if (!answer.ok) return;
      toast(t("bills.issued_now", { count: format.whole(answer.value.issued) }));
    }
    onClose();
  };
  return (
    <ConfirmAct
      open
      title={t(`bills.${act}_title`, { month: name })}
      consequence={t(`bills.${act}_consequence`, {
        count: format.whole(drafts),
        amount: format.money(waiting.total, currency),
      })}
      act={t(act === "draft" ? "bills.draft" : "bills.issue_act")}
      reason="none"
      danger={act === "issue"}
      busy={draft.busy || issue.busy}
      problem={draft.problem ?? issue.problem}
      onConfirm={() => void go()}
      onClose={onClose}
    />
  );
}

function useColumns({ currency }: Market): Column<Bill>[] {
  const { t, format } = useTexts();
  return useMemo<Column<Bill>[]>(() => {
    const money = (key: "total_amount" | "open_amount", title: string): Column<Bill> => ({
      ...{ key, title, kind: "decimal", unit: currency, unitInCells: true, width: 110 },
      value: (bill) => bill[key],
      cell: (bill) => <Money amount={bill[key]} currency={currency} />,
    });
    const energy = (key: "withdrawn_kwh" | "fed_in_kwh"): Column<Bill> => ({
      ...{ key, title: t(`column.${key}`), kind: "decimal", width: 110 },
      value: (bill) => bill[key],
      cell: (bill) => <Energy kwh={bill[key]} least={3} />,
    });
    return [
      {
        ...{ key: "participant", title: t("column.participant"), kind: "text", width: 130 },
        value: (bill) => bill.participant_id,
        card: "title",
      },
      {
        ...{ key: "state", title: t("column.state"), kind: "text", width: 110, choosable: true },
        value: (bill) => bill.state,
        said: (bill) => t(`bill_state.${bill.state}`),
        cell: (bill) => <State tone={STATES[bill.state]}>{t(`bill_state.${bill.state}`)}</State>,
      },
      {
        ...{ key: "paid", title: t("column.paid"), kind: "text", width: 120, choosable: true },
        value: (bill) => bill.payment_state,
        said: (bill) => (bill.payment_state ? t(`paid.${bill.payment_state}`) : "–"),
        cell: (bill) =>
          bill.payment_state ? (
            <State tone={PAID[bill.payment_state]}>{t(`paid.${bill.payment_state}`)}</State>
          ) : (
            "–"
          ),
      },
      money("total_amount", t("column.total")),
      money("open_amount", t("column.open")),
      {
        ...{ key: "due", title: t("column.due"), kind: "text", width: 135 },
        value: (bill) => bill.due_day,
        cell: (bill) => format.day(`${bill.due_day}T12:00:00Z`),
      },
      {
        ...{ key: "disputes", title: t("column.disputes"), kind: "decimal", width: 90 },
        value: (bill) => bill.disputes.length,
      },
      energy("withdrawn_kwh"),
      energy("fed_in_kwh"),
      {
        ...{ key: "substituted", title: t("column.substituted"), kind: "decimal", width: 100 },
        value: (bill) => bill.substituted_readings,
      },
      {
        ...{ key: "version", title: t("column.version"), kind: "decimal", width: 80 },
        value: (bill) => bill.version,
      },
      {
        ...{ key: "bill", title: t("column.bill"), kind: "text", width: 90 },
        value: (bill) => bill.bill_id,
      },
    ];
  }, [t, format, currency]);
}

// Bills: what is due, month by month, and each down to the trades behind it.

import { useMemo } from "react";
import { useNavigate, useParams } from "react-router";
import { Figure, Tiles } from "../../../parts/frame/Figures";
import { Page } from "../../../parts/frame/Page";
import { Panel } from "../../../parts/frame/Panel";
import type { Column } from "../../../parts/table/columns";
import { DataTable } from "../../../parts/table/DataTable";
import { Energy, Money } from "../../../parts/text/Quantity";
import { Badge, State } from "../../../parts/text/State";
import { useNews } from "../../../shell/live";
import { useMarket } from "../../../shell/markets";
import { useSession } from "../../../shell/session";
import { useList } from "../../../wire/queries";
import type { Bill } from "../../../wire/bills";
import { dueOf, savingOf, sign, standing } from "./bill";
import { BillPage } from "./BillPage";
import { TONES } from "./tones";
import { useTexts } from "./texts";
import "./bills.css";

export const BILLS = "/v1/markets/{market}/bills";

export default function Bills() {
  const [billId = ""] = (useParams()["*"] ?? "").split("/");
  const { session } = useSession();
  useNews("account", session?.participant_id ?? null, BILLS, `${BILLS}/{bill_id}`);
  return billId === "" ? <Months /> : <BillPage billId={billId} />;
}

function Months() {
  const { t, format } = useTexts();
  const go = useNavigate();
  const { currency } = useMarket();
  const found = useList(BILLS, { all: true });
  const bills = useMemo(() => standing(found.items), [found.items]);
  const due = dueOf(bills);
  const last = bills[0];
  const saving = last ? savingOf(last) : null;
  const columns = useColumns();
  const { code = "UNREACHABLE", traceId = null } = found.problem ?? {};
  const money = (amount: string | null | undefined) => (
    <Money amount={amount} currency={currency} />
  );
  return (
    <Page title={t("title")} description={t("about")}>
      {last && (
        <Tiles label={t("tiles")}>
          <Figure
            label={t("due.now")}
            {...(due.overdue ? { tone: "bad" } : {})}
            state={due.overdue && <Badge tone="bad">{t("payment.overdue")}</Badge>}
            note={
              due.day === null ? t("due.nothing") : t("due.until", { day: format.day(due.day) })
            }
          >
            {money(due.amount)}
          </Figure>
          <Figure label={t("last.bill")} note={format.month(middle(last))}>
            {money(last.total_amount)}
          </Figure>
          {saving !== null && (
            <Figure
              label={t(sign(saving) < 0 ? "last.more" : "last.saved")}
              note={t("last.against_plain")}
            >
              {money(saving.replace("-", ""))}
            </Figure>
          )}
        </Tiles>
      )}
      <Panel title={t("months")} flush>
        <DataTable<Bill>
          name="bills"
          label={t("months")}
          columns={columns}
          rows={bills}
          rowKey={({ bill_id }) => bill_id}
          sort={SORT}
          state={found.state}
          failed={{ code, traceId, onAgain: found.again }}
          empty={t("empty")}
          onOpen={({ bill_id }) => void go(`/bills/${bill_id}`)}
          height={Math.min(520, 150 + bills.length * 36)}
        />
      </Panel>
    </Page>
  );
}

const SORT = [{ id: "month", desc: true }];

/** An instant inside the month, wherever its zone's midnight is. */
const middle = ({ start }: Bill) => Date.parse(start) + 14 * 86_400_000;

function useColumns(): readonly Column<Bill>[] {
  const { t, format } = useTexts();
  const { currency } = useMarket();
  return useMemo<Column<Bill>[]>(() => {
    const money = (amount: string | null) => <Money amount={amount} currency={currency} />;
    return [
      {
        ...{ key: "month", title: t("month"), kind: "text", width: 150, card: "title" },
        value: ({ month }) => month,
        said: (bill) => format.month(middle(bill)),
        cell: (bill) => <b>{format.month(middle(bill))}</b>,
      },
      {
        ...{ key: "payment", title: t("state"), kind: "text", width: 150 },
        value: ({ payment_state }) => payment_state,
        said: ({ payment_state }) => (payment_state ? t(`payment.${payment_state}`) : ""),
        cell: ({ payment_state }) =>
          payment_state && (
            <State tone={TONES[payment_state]}>{t(`payment.${payment_state}`)}</State>
          ),
      },
      {
        ...{ key: "total", title: t("amount"), kind: "decimal", width: 110 },
        value: ({ total_amount }) => total_amount,
        cell: ({ total_amount }) => money(total_amount),
      },
      {
        ...{ key: "open", title: t("open"), kind: "decimal", width: 110 },
        value: ({ open_amount }) => open_amount,
        cell: ({ open_amount }) => money(open_amount),
      },
      {
        ...{ key: "due", title: t("due.day"), kind: "text", width: 150 },
        value: ({ due_day }) => due_day,
        cell: ({ due_day }) => due_day && format.day(due_day),
      },
      {
        ...{ key: "used", title: t("used"), kind: "decimal", width: 110 },
        value: ({ withdrawn_kwh }) => withdrawn_kwh,
        cell: ({ withdrawn_kwh }) => <Energy kwh={withdrawn_kwh} />,
      },
      {
        ...{ key: "dispute", title: t("dispute.title"), kind: "text", width: 130 },
        value: ({ disputes }) => (disputes.some(({ state }) => state !== "closed") ? "open" : ""),
        cell: ({ disputes }) =>
          disputes.some(({ state }) => state !== "closed") && (
            <State tone="warning">{t("dispute.open")}</State>
          ),
      },
    ];
  }, [t, format, currency]);
}

// What waits for the person: bills, alerts, orders to confirm. Nothing where nothing does.

import type { ReactNode } from "react";
import { Link } from "react-router";
import { Icon, type IconName } from "../../../parts/icons";
import { useNews } from "../../../shell/live";
import { useMarket } from "../../../shell/markets";
import { useSession } from "../../../shell/session";
import { useList } from "../../../wire/queries";
import { owed, waiting, type AlertHead, type OwedBill } from "./home";
import { useTexts, type Say } from "./texts";

const ALERTS = "/v1/markets/{market}/account/alerts";
const BILLS = "/v1/markets/{market}/bills";
const ORDERS = "/v1/markets/{market}/orders";

export function Waiting() {
  const { t, format } = useTexts();
  const { currency } = useMarket();
  const { session } = useSession();
  const alerts = useList(ALERTS, { query: { unread: true }, everyMs: 60_000 });
  const bills = useList(BILLS, { query: { state: "issued" } });
  const orders = useList(ORDERS, { query: { state: "pending" } });
  useNews("account", session?.participant_id ?? null, ALERTS, BILLS, ORDERS);
  // Their shapes are said by the screens that show them whole; here a few fields are enough.
  const due = owed(bills.items as unknown as OwedBill[]);
  const news = waiting(alerts.items as unknown as AlertHead[]);
  const pending = orders.items.length;
  if (due.length + news.length + pending === 0) return null;
  return (
    <section aria-label={t("waiting.title")}>
      <ul className="home-waiting">
        {due.map((bill) => {
          const late = bill.payment_state === "overdue";
          return (
            <Item
              key={bill.bill_id}
              to="/bills"
              icon={late ? "bad" : "calendar"}
              tone={late ? "bad" : "warning"}
            >
              {t(late ? "waiting.bill_overdue" : "waiting.bill", {
                month: format.month(`${bill.month}-15T12:00:00Z`),
                amount: format.money(bill.open_amount, currency),
                day: bill.due_day === null ? "–" : format.dayShort(`${bill.due_day}T12:00:00Z`),
              })}
            </Item>
          );
        })}
        {pending > 0 && (
          <Item to="/trade" icon="waiting" tone="warning">
            {t("waiting.orders", { count: pending })}
          </Item>
        )}
        {news.map(({ kind, count, grave }) => (
          <Item
            key={kind}
            to="/alerts"
            icon={grave ? "warning" : "info"}
            tone={grave ? "warning" : "accent"}
          >
            {t(`alert.${kind}` as Parameters<Say>[0], { count, defaultValue: "" }) ||
              t("alert.other", { count })}
          </Item>
        ))}
      </ul>
    </section>
  );
}

interface ItemProps {
  to: string;
  icon: IconName;
  tone: string;
  children: ReactNode;
}

function Item({ to, icon, tone, children }: ItemProps) {
  return (
    <li>
      <Link to={to} className={`home-wait p-${tone}`}>
        <Icon name={icon} size={18} />
        <span>{children}</span>
        <Icon name="open" size={14} />
      </Link>
    </li>
  );
}

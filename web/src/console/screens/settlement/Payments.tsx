// What the bank says: statements taken in, a day of it against the ledger, and what nobody could place.

import { useMemo, useState } from "react";
import { Link } from "react-router";
import { Button } from "../../../parts/Button";
import { useToast } from "../../../parts/act/toasts";
import { Filters } from "../../../parts/filter/Filters";
import { DayPicker } from "../../../parts/filter/DayPicker";
import { Facts, Figure, Tiles } from "../../../parts/frame/Figures";
import { Panel } from "../../../parts/frame/Panel";
import { Empty, Loading } from "../../../parts/state/states";
import type { Column } from "../../../parts/table/columns";
import { DataTable } from "../../../parts/table/DataTable";
import { Money } from "../../../parts/text/Quantity";
import { State, type Tone } from "../../../parts/text/State";
import { word } from "../../../language/words";
import { useAct, useList, useRead } from "../../../wire/queries";
import type { Market } from "../../../wire/types";
import { useApprovals } from "../../approvals";
import { tradedDays } from "../../place";
import { loaded, useCells } from "./cells";
import { DecidePayment } from "./DecidePayment";
import { isZero } from "./figures";
import { MONEY, PAYMENTS, RECONCILIATION, type Payment, type ReconciledItem } from "./money";
import { TakeStatement } from "./TakeStatement";
import { useTexts } from "./texts";

interface Props {
  market: Market;
  day: string;
  onDay(day: string): void;
}

const TONES: Record<Payment["state"], Tone> = {
  matched: "good",
  unmatched: "warning",
  assigned: "good",
  returned: "unknown",
};
const keyOf = ({ bank_id }: Payment) => bank_id;
const itemKey = (each: ReconciledItem) =>
  [each.item, each.bank_id, each.withdrawal_id, each.amount].join(" ");

export function Payments({ market, day, onDay }: Props) {
  const { t } = useTexts();
  const { currency } = market;
  const payments = useList(PAYMENTS, { all: true });
  const [taking, take] = useState(false);
  const [deciding, decide] = useState<Payment | null>(null);
  const columns = usePaymentColumns(currency);
  const open = payments.items.filter(({ state }) => state === "unmatched").length;
  const { min } = tradedDays(market);
  return (
    <>
      <Filters label={t("filter.label")}>
        <DayPicker label={t("filter.bank_day")} value={day} min={min} onChange={onDay} />
        <Button kind="main" onPress={() => take(true)}>
          {t("statement.take")}
        </Button>
        <Collect />
      </Filters>
      <Reconciled {...{ market, day, open }} />
      <Panel title={t("payments.title")} note={t("payments.note")} flush>
        <DataTable<Payment>
          name="payments"
          label={t("payments.title")}
          columns={columns}
          rows={payments.items}
          rowKey={keyOf}
          sort={[{ id: "booked_at", desc: true }]}
          {...loaded(payments)}
          empty={<Empty title={t("payments.empty")}>{t("payments.empty_text")}</Empty>}
          details={(payment) => <Details payment={payment} onDecide={() => decide(payment)} />}
          tone={({ state }) => (state === "unmatched" ? "warning" : undefined)}
          height={460}
        />
      </Panel>
      {taking && <TakeStatement currency={currency} onClose={() => take(false)} />}
      {deciding && (
        <DecidePayment payment={deciding} currency={currency} onClose={() => decide(null)} />
      )}
    </>
  );
}

/** Asks the bank's own channel, where the market has one. */
function Collect() {
  const { t, format } = useTexts();
  const toast = useToast();
  const collect = useAct("post", "/v1/markets/{market}/payments:collect", { renews: MONEY });
  const go = async () => {
    const answer = await collect.act();
    if (!answer.ok) {
      toast(word(t, "refusal", answer.problem.code), "bad");
      return;
    }
    const { rows, unmatched, rejected } = answer.value;
    toast(
      rows + rejected === 0
        ? t("statement.nothing")
        : t("statement.heard", {
            count: format.whole(rows),
            open: format.whole(unmatched),
            rejected: format.whole(rejected),
          }),
      unmatched + rejected > 0 ? "warning" : "good",
    );
  };
  return (
    <Button isDisabled={collect.busy} onPress={() => void go()}>
      {t("statement.collect")}
    </Button>
  );
}

/** A day of the bank against the ledger: what is left unexplained is zero, or something is wrong. */
function Reconciled({ market, day, open }: { market: Market; day: string; open: number }) {
  const { t, format } = useTexts();
  const { currency } = market;
  const read = useRead(RECONCILIATION, { query: { day }, keep: true });
  const { text, day: dayOf, money, coded } = useCells<ReconciledItem>(currency);
  const columns = useMemo(
    () => [
      coded(
        "item",
        (code) => t(`reconciled.${code as ReconciledItem["item"]}`),
        (code) => (code.startsWith("not_") ? "warning" : "unknown"),
        230,
      ),
      dayOf("date"),
      { ...text("bank_id", 150), card: "title" as const },
      text("withdrawal_id", 120),
      text("participant_id", 130),
      money("amount"),
    ],
    [t, text, dayOf, money, coded],
  );
  const { value } = read;
  const agreed = value !== undefined && isZero(value.difference);
  return (
    <>
      {value === undefined ? (
        read.state === "loading" && <Loading shape="tiles" />
      ) : (
        <Tiles label={t("tile.label")}>
          <Figure
            label={t("reconciliation.difference")}
            tone={agreed ? "good" : "bad"}
            state={
              <State tone={agreed ? "good" : "bad"}>
                {t(agreed ? "reconciliation.agreed" : "reconciliation.not_agreed")}
              </State>
            }
          >
            <Money amount={value.difference} currency={currency} places={8} />
          </Figure>
          <Figure
            label={t("reconciliation.statement")}
            note={t("reconciliation.movements", { count: format.whole(value.statement.count) })}
          >
            <Money amount={value.statement.total} currency={currency} />
          </Figure>
          <Figure label={t("reconciliation.ledger")} note={t("reconciliation.ledger_note")}>
            <Money amount={value.ledger} currency={currency} />
          </Figure>
          <Figure
            label={t("reconciliation.suspense")}
            {...(open > 0 ? { tone: "warning" as const } : {})}
            note={t("reconciliation.open", { count: format.whole(open) })}
          >
            <Money amount={value.suspense} currency={currency} />
          </Figure>
        </Tiles>
      )}
      <Panel
        title={t("reconciliation.title")}
        note={format.day(`${day}T12:00:00Z`)}
        foot={t("reconciliation.foot")}
        flush
      >
        <DataTable<ReconciledItem>
          name={`reconciliation-${day}`}
          label={t("reconciliation.title")}
          columns={columns}
          rows={value?.items ?? NONE}
          rowKey={itemKey}
          {...loaded(read)}
          empty={<Empty title={t("reconciliation.empty")}>{t("reconciliation.empty_text")}</Empty>}
          height={230}
          bare
        />
      </Panel>
    </>
  );
}

const NONE: readonly ReconciledItem[] = [];

interface DetailsProps {
  payment: Payment;
  onDecide(): void;
}

function Details({ payment, onDecide }: DetailsProps) {
  const { t, format } = useTexts();
  const waiting = useApprovals().items.find(
    ({ kind, target }) => kind.startsWith("payment_") && target === payment.bank_id,
  );
  return (
    <div className="st-bill">
      <Facts
        wide
        facts={[
          { label: t("column.reference"), value: payment.reference || "–" },
          { label: t("column.counterparty"), value: payment.counterparty || "–" },
          { label: t("column.reason"), value: payment.reason || "–" },
        ]}
      />
      {waiting && (
        <p>
          <State tone="accent" icon="waiting">
            {t("two.waits", { until: format.timeOfDay(waiting.until) })}
          </State>{" "}
          <Link to="/approvals">{t("two.link")}</Link>
        </p>
      )}
      {payment.state === "unmatched" && (
        <p className="st-links">
          <Button kind="main" onPress={onDecide}>
            {t("decide.open")}
          </Button>
        </p>
      )}
    </div>
  );
}

function usePaymentColumns(currency: string): Column<Payment>[] {
  const { t } = useTexts();
  const { text, day, money, coded, time } = useCells<Payment>(currency);
  return useMemo(
    () => [
      day("date"),
      money("amount"),
      coded(
        "state",
        (code) => t(`payment_state.${code as Payment["state"]}`),
        (code) => TONES[code as Payment["state"]],
        150,
      ),
      text("participant_id"),
      text("bill_id", 110),
      text("withdrawal_id", 110),
      text("reference", 190),
      text("counterparty", 140),
      text("bank_id", 130, { card: "title" }),
      time("booked_at"),
    ],
    [t, text, day, money, coded, time],
  );
}

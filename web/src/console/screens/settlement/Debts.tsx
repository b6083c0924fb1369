// Who has not paid: bills that are open, debts that others covered and in which order, what is owed for it.

import { useMemo, useState } from "react";
import { Link } from "react-router";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { Button } from "../../../parts/Button";
import { Facts, Figure, Tiles } from "../../../parts/frame/Figures";
import { Panel } from "../../../parts/frame/Panel";
import { Empty, Loading } from "../../../parts/state/states";
import type { Column } from "../../../parts/table/columns";
import { DataTable } from "../../../parts/table/DataTable";
import { Money } from "../../../parts/text/Quantity";
import { State, type Tone } from "../../../parts/text/State";
import { useAct, useList, useRead } from "../../../wire/queries";
import type { Market } from "../../../wire/types";
import { APPROVALS, useApprovals } from "../../approvals";
import { loaded, useCells } from "./cells";
import { total } from "./figures";
import { CLAIMS, DAY_REPORT, DEFAULTS, MONEY, type Claim } from "./money";
import type { OpenBill } from "./report";
import { useTexts } from "./texts";
import { Waterfall } from "./Waterfall";

const RENEWS = { renews: [...MONEY, APPROVALS] } as const;
const TONES: Record<OpenBill["payment_state"], Tone> = {
  open: "accent",
  part_paid: "warning",
  paid: "good",
  overdue: "bad",
};
const NO_BILLS: readonly OpenBill[] = [];
const NO_CLAIMS: readonly Claim[] = [];
const keyOf = ({ bill_id }: OpenBill) => bill_id;

export function Debts({ market, today }: { market: Market; today: string }) {
  const { t, format } = useTexts();
  const { currency } = market;
  const report = useRead(DAY_REPORT, { query: { day: today } });
  const defaults = useList(DEFAULTS, { all: true });
  const claims = useRead(CLAIMS);
  const [covering, cover] = useState<string | null>(null);
  const columns = useBillColumns(currency);
  const bills = report.value?.open_bills ?? NO_BILLS;
  const overdue = bills.filter(({ payment_state }) => payment_state === "overdue");
  const owed = claims.value?.items ?? NO_CLAIMS;
  const unpaid = report.value?.unpaid ?? [];
  return (
    <>
      {report.state === "loading" ? (
        <Loading shape="tiles" />
      ) : (
        <Tiles label={t("tile.label")}>
          <Figure
            label={t("debts.overdue")}
            note={t("debts.bills", { count: format.whole(overdue.length) })}
            {...(overdue.length > 0 ? { tone: "bad" as const } : {})}
          >
            <Money
              amount={total(overdue.map(({ open_amount }) => open_amount))}
              {...{ currency }}
            />
          </Figure>
          <Figure
            label={t("debts.open")}
            note={t("debts.bills", { count: format.whole(bills.length) })}
          >
            <Money amount={total(bills.map(({ open_amount }) => open_amount))} {...{ currency }} />
          </Figure>
          <Figure
            label={t("debts.below_zero")}
            note={t("debts.accounts", { count: format.whole(unpaid.length) })}
          >
            <Money amount={total(unpaid.map(({ balance }) => balance))} {...{ currency }} />
          </Figure>
          <Figure label={t("debts.claims")} note={t("debts.claims_note")}>
            <Money amount={total(owed.flatMap(givenBy))} {...{ currency }} />
          </Figure>
        </Tiles>
      )}
      <Panel title={t("debts.title")} note={t("debts.note")} flush>
        <DataTable<OpenBill>
          name="open-bills"
          label={t("debts.title")}
          columns={columns}
          rows={bills}
          rowKey={keyOf}
          {...loaded(report)}
          empty={<Empty title={t("debts.empty")}>{t("debts.empty_text")}</Empty>}
          details={(bill) => <Details bill={bill} onCover={() => cover(bill.participant_id)} />}
          tone={({ payment_state }) => (payment_state === "overdue" ? "bad" : undefined)}
          height={360}
        />
      </Panel>
      <Waterfall read={defaults} currency={currency} />
      <Claims read={claims} currency={currency} />
      {covering !== null && (
        <CoverDebt
          participant={covering}
          amount={total(
            overdue.flatMap((each) => (each.participant_id === covering ? each.open_amount : [])),
          )}
          currency={currency}
          onClose={() => cover(null)}
        />
      )}
    </>
  );
}

const givenBy = (each: Claim) => [each.collateral_amount, each.fund_amount, each.default_amount];

function Details({ bill, onCover }: { bill: OpenBill; onCover(): void }) {
  const { t, format } = useTexts();
  const waiting = useApprovals().items.find(
    ({ kind, target }) => kind === "cover_default" && target === bill.participant_id,
  );
  return (
    <div className="st-bill">
      <Facts
        facts={[{ label: t("column.due_day"), value: format.day(`${bill.due_day}T12:00:00Z`) }]}
      />
      {waiting && (
        <p>
          <State tone="accent" icon="waiting">
            {t("two.waits", { until: format.timeOfDay(waiting.until) })}
          </State>{" "}
          <Link to="/approvals">{t("two.link")}</Link>
        </p>
      )}
      <p className="st-links">
        <Link to={`/settlement?view=bills&month=${bill.month}`}>{t("debts.to_bill")}</Link>
        {bill.payment_state === "overdue" && (
          <Button kind="danger" isDisabled={waiting !== undefined} onPress={onCover}>
            {t("cover_act.open")}
          </Button>
        )}
      </p>
    </div>
  );
}

interface CoverProps {
  participant: string;
  amount: string;
  currency: string;
  onClose(): void;
}

/** The layers pay in their order, each as far as it goes; the figures are the second operator's too. */
function CoverDebt({ participant, amount, currency, onClose }: CoverProps) {
  const { t, format } = useTexts();
  const toast = useToast();
  const cover = useAct("post", DEFAULTS, RENEWS);
  const go = async (reason: string) => {
    const answer = await cover.act({ body: { participant_id: participant, reason } });
    if (!answer.ok) return;
    const until = answer.value.second_person_until;
    if (until === null) toast(t("cover_act.done"));
    else toast(t("two.wanted", { until: format.timeOfDay(until) }), "warning");
    onClose();
  };
  return (
    <ConfirmAct
      open
      title={t("cover_act.title", { participant })}
      consequence={
        <p>{t("cover_act.consequence", { amount: format.money(amount, currency), participant })}</p>
      }
      act={t("two.propose")}
      busy={cover.busy}
      problem={cover.problem}
      onConfirm={(reason) => void go(reason)}
      onClose={onClose}
    />
  );
}

interface ClaimsProps {
  read: ReturnType<typeof useRead<typeof CLAIMS>>;
  currency: string;
}

function Claims({ read, currency }: ClaimsProps) {
  const { t } = useTexts();
  const { text, money } = useCells<Claim>(currency);
  const columns = useMemo(
    () => [
      { ...text("participant_id", 160), card: "title" as const },
      money("collateral_amount", 160),
      money("fund_amount", 160),
      money("default_amount", 160),
    ],
    [text, money],
  );
  return (
    <Panel title={t("claims.title")} note={t("claims.note")} flush>
      <DataTable<Claim>
        name="claims"
        label={t("claims.title")}
        columns={columns}
        rows={read.value?.items ?? NO_CLAIMS}
        rowKey={({ participant_id }) => participant_id}
        {...loaded(read)}
        empty={<Empty title={t("claims.empty")}>{t("claims.empty_text")}</Empty>}
        height={240}
        bare
      />
    </Panel>
  );
}

function useBillColumns(currency: string): Column<OpenBill>[] {
  const { t } = useTexts();
  const { text, day, money, coded } = useCells<OpenBill>(currency);
  return useMemo(
    () => [
      text("participant_id", 140, { card: "title" }),
      text("bill_id", 110),
      text("month", 100),
      day("due_day"),
      coded(
        "payment_state",
        (code) => t(`paid.${code as OpenBill["payment_state"]}`),
        (code) => TONES[code as OpenBill["payment_state"]],
        140,
      ),
      money("payable_amount"),
      money("paid_amount"),
      money("open_amount"),
    ],
    [t, text, day, money, coded],
  );
}

// Money that leaves: asked for, approved by two operators, sent to the bank, seen on its statement.

import { useMemo, useState } from "react";
import { Link } from "react-router";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { Button } from "../../../parts/Button";
import { Filters } from "../../../parts/filter/Filters";
import { Facts, Figure, Tiles } from "../../../parts/frame/Figures";
import { Panel } from "../../../parts/frame/Panel";
import { Empty, Loading } from "../../../parts/state/states";
import type { Column } from "../../../parts/table/columns";
import { DataTable } from "../../../parts/table/DataTable";
import { Money } from "../../../parts/text/Quantity";
import { State, type Tone } from "../../../parts/text/State";
import { addressOf } from "../../../wire/client";
import { useAct, useList } from "../../../wire/queries";
import type { Market } from "../../../wire/types";
import { APPROVALS, useApprovals } from "../../approvals";
import { loaded, useCells } from "./cells";
import { payoutsOf } from "./figures";
import { MONEY, WITHDRAWALS, type Withdrawal } from "./money";
import { useTexts } from "./texts";

const RENEWS = { renews: [...MONEY, APPROVALS] } as const;
const TONES: Record<Withdrawal["state"], Tone> = {
  requested: "warning",
  approved: "accent",
  sent: "accent",
  paid: "good",
  cancelled: "unknown",
  refused: "unknown",
  rejected: "bad",
  sent_back: "bad",
};
type Decision = "approve" | "refuse" | "reject";
/** What an operator may say of a payout in a state. */
const DECISIONS: Partial<Record<Withdrawal["state"], readonly Decision[]>> = {
  requested: ["approve", "refuse"],
  approved: ["refuse"],
  sent: ["reject"],
};
const keyOf = ({ withdrawal_id }: Withdrawal) => withdrawal_id;

export function Withdrawals({ market }: { market: Market }) {
  const { t, format } = useTexts();
  const { currency } = market;
  const list = useList(WITHDRAWALS, { all: true });
  const [sending, send] = useState(false);
  const [deciding, decide] = useState<{ of: Withdrawal; as: Decision } | null>(null);
  const columns = useColumns(market);
  const sums = useMemo(() => payoutsOf(list.items), [list.items]);
  const figure = (state: keyof typeof sums, tone?: Tone) => (
    <Figure
      label={t(`payouts.${state}`)}
      {...(tone && sums[state].count > 0 ? { tone } : {})}
      note={t("payouts.count", { count: format.whole(sums[state].count) })}
    >
      <Money amount={sums[state].amount} currency={currency} />
    </Figure>
  );
  return (
    <>
      <Filters label={t("filter.label")}>
        <Button kind="main" isDisabled={sums.approved.count === 0} onPress={() => send(true)}>
          {t("send.open", { count: format.whole(sums.approved.count) })}
        </Button>
      </Filters>
      {list.state === "loading" ? (
        <Loading shape="tiles" />
      ) : (
        <Tiles label={t("tile.label")}>
          {figure("requested", "warning")}
          {figure("approved", "accent")}
          {figure("sent")}
          {figure("paid")}
        </Tiles>
      )}
      <Panel title={t("payouts.title")} note={t("payouts.note")} flush>
        <DataTable<Withdrawal>
          name="withdrawals"
          label={t("payouts.title")}
          columns={columns}
          rows={list.items}
          rowKey={keyOf}
          sort={[{ id: "requested_at", desc: true }]}
          {...loaded(list)}
          empty={<Empty title={t("payouts.empty")}>{t("payouts.empty_text")}</Empty>}
          details={(item) => <Details item={item} onDecide={(as) => decide({ of: item, as })} />}
          tone={({ state }) => (state === "requested" ? "warning" : undefined)}
          height={520}
        />
      </Panel>
      {sending && <Send sum={sums.approved} currency={currency} onClose={() => send(false)} />}
      {deciding && <Decide {...deciding} currency={currency} onClose={() => decide(null)} />}
    </>
  );
}

function Details({ item, onDecide }: { item: Withdrawal; onDecide(as: Decision): void }) {
  const { t, format } = useTexts();
  const waiting = useApprovals().items.find(
    ({ kind, target }) => kind.startsWith("payout_") && target === item.withdrawal_id,
  );
  return (
    <div className="st-bill">
      <Facts
        wide
        facts={[
          { label: t("column.payee_name"), value: item.payee_name || "–" },
          { label: t("column.payee_account"), value: item.payee_account },
          { label: t("column.bank_id"), value: item.bank_id ?? "–" },
          { label: t("column.reason"), value: item.reason || "–" },
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
      <p className="st-links">
        {(DECISIONS[item.state] ?? []).map((as) => (
          <Button
            key={as}
            kind={as === "approve" ? "main" : "danger"}
            isDisabled={as === "approve" && waiting !== undefined}
            onPress={() => onDecide(as)}
          >
            {t(`payout_act.${as}`)}
          </Button>
        ))}
      </p>
    </div>
  );
}

interface DecideProps {
  of: Withdrawal;
  as: Decision;
  currency: string;
  onClose(): void;
}

function Decide({ of, as, currency, onClose }: DecideProps) {
  const { t, format } = useTexts();
  const toast = useToast();
  const acts = {
    approve: useAct("post", `${WITHDRAWALS}/{withdrawal_id}:approve`, RENEWS),
    refuse: useAct("post", `${WITHDRAWALS}/{withdrawal_id}:refuse`, RENEWS),
    reject: useAct("post", `${WITHDRAWALS}/{withdrawal_id}:reject`, RENEWS),
  };
  const go = async (reason: string) => {
    const answer = await acts[as].act({
      params: { withdrawal_id: of.withdrawal_id },
      body: { reason },
    });
    if (!answer.ok) return;
    const until = answer.value.second_person_until;
    if (until === null) toast(t(`payout_done.${as}`));
    else toast(t("two.wanted", { until: format.timeOfDay(until) }), "warning");
    onClose();
  };
  const values = {
    amount: format.money(of.amount, currency),
    payee: of.payee_name || of.payee_account,
    participant: of.participant_id ?? "–",
  };
  return (
    <ConfirmAct
      open
      title={t(`payout_title.${as}`, values)}
      consequence={<p>{t(`payout_means.${as}`, values)}</p>}
      act={t(as === "refuse" ? "payout_act.refuse" : "two.propose")}
      danger={as !== "approve"}
      busy={acts[as].busy}
      problem={acts[as].problem}
      onConfirm={(reason) => void go(reason)}
      onClose={onClose}
    />
  );
}

interface SendProps {
  sum: { count: number; amount: string };
  currency: string;
  onClose(): void;
}

function Send({ sum, currency, onClose }: SendProps) {
  const { t, format } = useTexts();
  const toast = useToast();
  const send = useAct("post", "/v1/markets/{market}/payments:send", RENEWS);
  const go = async () => {
    const answer = await send.act();
    if (!answer.ok) return;
    const { count, file_id } = answer.value;
    toast(t("send.done", { count: format.whole(count), file: file_id ?? "–" }));
    onClose();
  };
  return (
    <ConfirmAct
      open
      title={t("send.title")}
      consequence={
        <p>
          {t("send.consequence", {
            count: format.whole(sum.count),
            amount: format.money(sum.amount, currency),
          })}
        </p>
      }
      act={t("send.act")}
      reason="none"
      busy={send.busy}
      problem={send.problem}
      onConfirm={() => void go()}
      onClose={onClose}
    />
  );
}

function useColumns({ market_id, currency }: Market): Column<Withdrawal>[] {
  const { t } = useTexts();
  const { text, money, coded, time } = useCells<Withdrawal>(currency);
  return useMemo(
    () => [
      text("withdrawal_id", 110, { card: "title" }),
      coded("kind", (code) => t(`payout_kind.${code as Withdrawal["kind"]}`), null, 120),
      text("participant_id"),
      money("amount"),
      coded(
        "state",
        (code) => t(`payout_state.${code as Withdrawal["state"]}`),
        (code) => TONES[code as Withdrawal["state"]],
        160,
      ),
      text("payee_name", 150),
      time("requested_at"),
      time("changed_at"),
      text("file_id", 110, {
        cell: ({ file_id }) =>
          file_id === null ? (
            "–"
          ) : (
            <a
              href={addressOf("/v1/markets/{market}/payment-files/{file_id}", {
                market: market_id,
                file_id,
              })}
              download
            >
              {file_id}
            </a>
          ),
      }),
    ],
    [t, market_id, text, money, coded, time],
  );
}

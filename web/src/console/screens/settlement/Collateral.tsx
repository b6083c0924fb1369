// What stands behind debts: collateral put down, the guarantee fund, and every movement of them.

import { useMemo, useState } from "react";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { Button } from "../../../parts/Button";
import { Choose, Filters } from "../../../parts/filter/Filters";
import { DecimalField, TextField } from "../../../parts/form/fields";
import { Figure, Tiles } from "../../../parts/frame/Figures";
import { Panel } from "../../../parts/frame/Panel";
import { Loading } from "../../../parts/state/states";
import type { Column } from "../../../parts/table/columns";
import { DataTable } from "../../../parts/table/DataTable";
import { Money } from "../../../parts/text/Quantity";
import type { Tone } from "../../../parts/text/State";
import { useAct, useList, useRead } from "../../../wire/queries";
import type { Market } from "../../../wire/types";
import { loaded, useCells } from "./cells";
import { total } from "./figures";
import { COLLATERAL, LEDGER, MONEY, type Covered } from "./money";
import { Postings } from "./Postings";
import { useTexts } from "./texts";

const RENEWS = { renews: MONEY } as const;
const ACCOUNTS = [
  ...["collateral", "guarantee_fund", "default"],
  ...["bank", "suspense", "bank_fees"],
] as const;
type AccountName = "collateral" | "guarantee_fund" | "default" | "bank" | "suspense" | "bank_fees";
const TONES: Record<Covered["state"], Tone> = {
  covered: "good",
  warned: "warning",
  called: "bad",
  reduce_only: "bad",
};
const keyOf = ({ participant_id }: Covered) => participant_id;

export function Collateral({ market }: { market: Market }) {
  const { t, format } = useTexts();
  const { currency } = market;
  const accounts = useList(COLLATERAL, { all: true });
  const ledger = useRead(LEDGER);
  const [paying, pay] = useState<"fund" | "deposit" | null>(null);
  const [shown, show] = useState<string>("collateral");
  const columns = useColumns(currency);
  const balanceOf = (name: string) =>
    ledger.value?.accounts.find(({ account }) => account === name)?.balance ?? "0";
  const putDown = accounts.items.map(({ put_down }) => put_down);
  return (
    <>
      <Filters label={t("filter.label")}>
        <Button onPress={() => pay("deposit")}>{t("pay.deposit")}</Button>
        <Button onPress={() => pay("fund")}>{t("pay.fund")}</Button>
      </Filters>
      {ledger.state === "loading" || accounts.state === "loading" ? (
        <Loading shape="tiles" />
      ) : (
        <Tiles label={t("tile.label")}>
          <Figure
            label={t("cover.put_down")}
            note={t("cover.by", {
              count: format.whole(putDown.filter((each) => Number(each) > 0).length),
            })}
          >
            <Money amount={total(putDown)} currency={currency} />
          </Figure>
          <Figure label={t("cover.fund")} note={t("cover.fund_note")}>
            <Money amount={balanceOf("guarantee_fund")} currency={currency} />
          </Figure>
          <Figure
            label={t("cover.operator")}
            note={t("cover.operator_note")}
            {...(Number(balanceOf("default")) < 0 ? { tone: "bad" as const } : {})}
          >
            <Money amount={balanceOf("default")} currency={currency} />
          </Figure>
        </Tiles>
      )}
      <Panel
        title={t("postings.title")}
        tools={
          <Choose
            label={t("column.account")}
            value={shown}
            all={null}
            options={ACCOUNTS.map((value) => ({
              value,
              text: t(`account_of.${value as AccountName}`),
            }))}
            onChange={(next) => next !== null && show(next)}
          />
        }
        flush
      >
        <Postings key={shown} account={shown} currency={currency} />
      </Panel>
      <Panel title={t("covered.title")} note={t("covered.note")} flush>
        <DataTable<Covered>
          name="collateral"
          label={t("covered.title")}
          columns={columns}
          rows={accounts.items}
          rowKey={keyOf}
          {...loaded(accounts)}
          empty={t("covered.empty")}
          tone={({ state }) => (TONES[state] === "bad" ? "bad" : undefined)}
          height={420}
        />
      </Panel>
      {paying && <PayIn into={paying} currency={currency} onClose={() => pay(null)} />}
    </>
  );
}

/** Money that came by hand: no statement tells of it, or it is for the fund. */
function PayIn({
  into,
  currency,
  onClose,
}: {
  into: "fund" | "deposit";
  currency: string;
  onClose(): void;
}) {
  const { t, format } = useTexts();
  const toast = useToast();
  const [id, setId] = useState("");
  const [participant, setParticipant] = useState("");
  const [amount, setAmount] = useState("");
  const fund = useAct("post", "/v1/markets/{market}/guarantee-fund:deposit", RENEWS);
  const deposit = useAct("post", "/v1/markets/{market}/deposits:batch", RENEWS);
  const paid = { deposit_id: id.trim(), amount };
  const go = async () => {
    const answer =
      into === "fund"
        ? await fund.act({ body: paid })
        : await deposit.act({
            body: { items: [{ ...paid, participant_id: participant.trim() }] },
          });
    if (!answer.ok) return;
    toast(t("pay.done", { amount: format.money(amount, currency) }));
    onClose();
  };
  // A deposit is sent as the one row of a list: its faults are told by that row.
  const at = (field: string) => (into === "fund" ? `/${field}` : `/items/0/${field}`);
  return (
    <ConfirmAct
      open
      title={t(`pay.${into}`)}
      consequence={<p>{t(`pay.${into}_means`)}</p>}
      act={t("pay.act")}
      reason="none"
      danger={false}
      busy={fund.busy || deposit.busy}
      problem={fund.problem ?? deposit.problem}
      onConfirm={() => void go()}
      onClose={onClose}
    >
      <TextField
        pointer={at("deposit_id")}
        label={t("pay.id")}
        note={t("pay.id_note")}
        value={id}
        onChange={setId}
        most={64}
      />
      {into === "deposit" && (
        <TextField
          pointer={at("participant_id")}
          label={t("column.participant")}
          value={participant}
          onChange={setParticipant}
        />
      )}
      <DecimalField
        pointer={at("amount")}
        label={t("column.amount")}
        unit={currency}
        min="0.01"
        step="0.01"
        value={amount}
        onChange={setAmount}
      />
    </ConfirmAct>
  );
}

function useColumns(currency: string): Column<Covered>[] {
  const { t } = useTexts();
  const { text, money, coded, time } = useCells<Covered>(currency);
  return useMemo(
    () => [
      text("participant_id", 130, { card: "title" }),
      coded(
        "state",
        (code) => t(`covered_state.${code as Covered["state"]}`),
        (code) => TONES[code as Covered["state"]],
        150,
      ),
      money("put_down"),
      money("balance"),
      money("credit_limit"),
      money("held"),
      money("exposure_traded"),
      money("exposure_open", 115, { hidden: true }),
      money("unbilled_tax", 115, { hidden: true }),
      money("margin"),
      money("available"),
      money("call_amount", 115, { hidden: true }),
      { ...time("due_at"), hidden: true },
    ],
    [t, text, money, coded, time],
  );
}

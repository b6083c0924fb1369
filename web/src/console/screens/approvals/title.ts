// What a proposal is, in one sentence.

import { useMarket } from "../../../shell/markets";
import type { Approval } from "../../approvals";
import { useTexts, type Key } from "./texts";

const said = (value: unknown): string => (typeof value === "string" ? value : "");

export function useTitle({ kind, target, before, after }: Approval): string {
  const { t, format } = useTexts();
  const { currency, market_id } = useMarket();
  const money = (value: unknown) => format.money(said(value), currency);
  const member = said(after.member_id);
  switch (kind) {
    case "act":
      return t(`act.${said(after.kind)}` as Key, {
        member: after.level === "market" ? market_id : member,
        level: t(`value.${said(after.level)}` as Key),
      });
    case "release_stop": {
      const key = before.scope === "interval" ? format.stamp(said(before.start)) : said(before.key);
      return t(`release.${said(before.kind)}` as Key, {
        scope: t(`scope.${said(before.scope)}` as Key),
        key,
      });
    }
    case "decide_recall":
      return t(after.state === "cancelled" ? "title.recall_cancel" : "title.recall_deny", {
        trade: target,
        amount: money(before.amount),
      });
    case "credit_limit":
      return t("title.credit_limit", {
        participant: target,
        before: money(before.limit),
        after: money(after.limit),
      });
    case "payment_assign":
    case "payment_return":
      return t(`title.${kind}`, {
        payment: target,
        amount: money(before.amount),
        who: said(after.participant_id) || said(after.withdrawal_id) || t("title.bank_fee"),
      });
    case "payout_approve":
    case "payout_reject":
      return t(`title.${kind}`, {
        amount: money(before.amount),
        participant: said(before.participant_id),
        payee: said(before.payee_name),
      });
    case "cover_default":
      return t("title.cover_default", { participant: target, amount: money(before.balance) });
    case "case_credit":
      return t("title.case_credit", {
        participant: said(before.participant_id),
        amount: money(after.credited_amount),
      });
  }
}

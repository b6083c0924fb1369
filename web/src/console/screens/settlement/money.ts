// What the addresses of payments, withdrawals, collateral and debts answer (docs/wire.md).

import type { Page } from "../../../wire/client";

/** A movement on the market's account at its bank; received positive. */
export interface Payment {
  bank_id: string;
  date: string;
  amount: string;
  reference: string;
  counterparty: string;
  state: "matched" | "unmatched" | "assigned" | "returned";
  participant_id: string | null;
  bill_id: string | null;
  withdrawal_id: string | null;
  reason: string | null;
  booked_at: string;
}

export const RECONCILED = [
  "booked_later",
  "of_other_days",
  "by_hand",
  "not_matched",
  "not_confirmed",
] as const;

export interface ReconciledItem {
  item: (typeof RECONCILED)[number];
  date: string;
  bank_id: string | null;
  withdrawal_id: string | null;
  participant_id: string | null;
  amount: string;
}

export interface Reconciliation {
  day: string;
  currency: string;
  statement: { count: number; received: string; paid: string; total: string };
  ledger: string;
  difference: string;
  suspense: string;
  items: ReconciledItem[];
}

export interface Withdrawal {
  withdrawal_id: string;
  client_withdrawal_id: string;
  kind: "withdrawal" | "return";
  participant_id: string | null;
  amount: string;
  payee_name: string;
  payee_account: string;
  state:
    "requested" | "approved" | "sent" | "paid" | "cancelled" | "refused" | "rejected" | "sent_back";
  requested_at: string;
  changed_at: string;
  file_id: string | null;
  bank_id: string | null;
  reason: string;
}

/** How an account is covered, as an operator reads it. */
export interface Covered {
  participant_id: string;
  balance: string;
  credit_limit: string;
  held: string;
  exposure_traded: string;
  exposure_open: string;
  unbilled_tax: string;
  available: string;
  margin: string;
  state: "covered" | "warned" | "called" | "reduce_only";
  call_amount: string | null;
  due_at: string | null;
  put_down: string;
}

/** Who gave how much: what is left is the debtor's own. */
export interface Cover {
  collateral_amount: string;
  fund_amount: string;
  default_amount: string;
}

export interface Default extends Cover {
  default_id: string;
  participant_id: string;
  overdue_amount: string;
  own_amount: string;
  reason: string;
  covered_at: string;
}

export interface Claim extends Cover {
  participant_id: string;
}

export interface Posting {
  posting_id: string;
  from: string;
  to: string;
  amount: string;
  kind: string;
  reference: string;
  start: string | null;
  counts_at: string;
}

interface Taken {
  rows: number;
  repeated: number;
  matched: number;
  unmatched: number;
}

/** What takes two operators: null until when the second one may say the same: it is done. */
interface TakesTwo {
  second_person_until: string | null;
}

const M = "/v1/markets/{market}" as const;
export const PAYMENTS = `${M}/payments` as const;
export const RECONCILIATION = `${M}/payments/reconciliation` as const;
export const WITHDRAWALS = `${M}/withdrawals` as const;
export const COLLATERAL = `${M}/collateral` as const;
export const DEFAULTS = `${M}/defaults` as const;
export const CLAIMS = `${M}/defaults/claims` as const;
export const POSTINGS = `${M}/ledger/postings` as const;
export const LEDGER = `${M}/ledger` as const;
export const DAY_REPORT = `${M}/reports/day` as const;
export const MONTH_REPORT = `${M}/reports/month` as const;

/** What a movement of money may have changed. */
export const MONEY = [
  ...[PAYMENTS, RECONCILIATION, WITHDRAWALS, COLLATERAL],
  ...[DEFAULTS, CLAIMS, POSTINGS, LEDGER, DAY_REPORT],
] as const;

declare module "../../../wire/answers" {
  interface Answers {
    "GET /v1/markets/{market}/payments": Page<Payment>;
    "GET /v1/markets/{market}/payments/reconciliation": Reconciliation;
    "POST /v1/markets/{market}/payments:file": Taken;
    "POST /v1/markets/{market}/payments:collect": Taken & { rejected: number };
    "POST /v1/markets/{market}/payments:send": {
      file_id: string | null;
      count: number;
      items: Withdrawal[];
    };
    "POST /v1/markets/{market}/payments/{bank_id}:assign": TakesTwo & { payment: Payment | null };
    "POST /v1/markets/{market}/payments/{bank_id}:return": TakesTwo & { payment: Payment | null };
    "GET /v1/markets/{market}/withdrawals": Page<Withdrawal>;
    "POST /v1/markets/{market}/withdrawals/{withdrawal_id}:approve": TakesTwo;
    "POST /v1/markets/{market}/withdrawals/{withdrawal_id}:refuse": TakesTwo;
    "POST /v1/markets/{market}/withdrawals/{withdrawal_id}:reject": TakesTwo;
    "GET /v1/markets/{market}/collateral": Page<Covered>;
    "GET /v1/markets/{market}/defaults": Page<Default>;
    "GET /v1/markets/{market}/defaults/claims": { items: Claim[] };
    "POST /v1/markets/{market}/defaults": TakesTwo & { default: Default | null };
    "GET /v1/markets/{market}/ledger/postings": Page<Posting>;
    "GET /v1/markets/{market}/ledger": {
      accounts: { account: string; balance: string }[];
      sum: string;
    };
  }
}

// What the addresses of payments, withdrawals, collateral and debts answer (docs/wire.md).

import type { Schemas } from "../../../wire/client";

/** A movement on the market's account at its bank; received positive. */
export type Payment = Schemas["Payment"];

export type ReconciledItem = Schemas["ReconciledItem"];

export type Withdrawal = Schemas["Withdrawal"];

/** How an account is covered, as an operator reads it. */
export type Covered = Schemas["Collateral"];

export type Default = Schemas["Default"];

export type Claim = Schemas["Claim"];

export type Posting = Schemas["Posting"];

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

// What the addresses of settlement answer (docs/wire.md).

import type { Bill } from "../../../wire/bills";
import type { Page } from "../../../wire/client";

/** A day settled as a whole, once or again. */
export interface Run {
  run_id: string;
  day: string;
  version: number;
  kind: "preliminary" | "final" | "corrected";
  state: "running" | "finished";
  by: string;
  reason: string;
  phase: "settling" | "recording" | "booking" | "done";
  areas: number;
  areas_done: number;
  begun_at: string;
  finished_at: string | null;
  /** Unit-intervals by where their reading came from. */
  measured: number;
  late: number;
  substituted: number;
  /** And how what stands in was found. */
  linear: number;
  like_day: number;
  schedule: number;
  differences: number;
}

/** What a run has moved from one account to another. */
export interface Difference {
  from: string;
  to: string;
  kind: string;
  amount: string;
}

/** The same record as its receiver gets it. */
export type { Bill };

export interface Account {
  account: string;
  opening: string;
  received: string;
  given: string;
  balance: string;
}

export interface TrialBalance {
  day: string;
  currency: string;
  accounts: Account[];
  sums: Omit<Account, "account">;
}

export const RUNS = "/v1/markets/{market}/settlement-runs";
export const BILLS = "/v1/markets/{market}/bills";

declare module "../../../wire/answers" {
  interface Answers {
    "GET /v1/markets/{market}/settlement-runs": Page<Run>;
    "POST /v1/markets/{market}/settlement-runs": Run;
    "GET /v1/markets/{market}/settlement-runs/{run_id}/differences": Page<Difference>;
    "POST /v1/markets/{market}/bills:draft": {
      month: string;
      drafted: number;
      participants: number;
    };
    "POST /v1/markets/{market}/bills:issue": { month: string; issued: number };
    "GET /v1/markets/{market}/ledger/trial-balance": TrialBalance;
  }
}

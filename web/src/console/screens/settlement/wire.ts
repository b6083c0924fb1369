// What the addresses of settlement answer (docs/wire.md).

import type { Bill } from "../../../wire/bills";
import type { Schemas } from "../../../wire/client";

/** A day settled as a whole, once or again. */
export type Run = Schemas["SettlementRun"];

/** What a run has moved from one account to another. */
export type Difference = Schemas["Difference"];

/** The same record as its receiver gets it. */
export type { Bill };

export type Account = Schemas["DayAccount"];

export const RUNS = "/v1/markets/{market}/settlement-runs";
export const BILLS = "/v1/markets/{market}/bills";

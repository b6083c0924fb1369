// A bill as the market makes it.

import type { Schemas } from "./client";

export type Bill = Schemas["Bill"];
export type Line = Schemas["BillLine"];
export type Plain = Schemas["PlainBill"];
export type Dispute = Schemas["Case"];
export type PaymentState = Schemas["DemandState"];
/** A trade or posting behind a line. */
export type Detail = Schemas["BillDetail"];

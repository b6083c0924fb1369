// A bill as the market makes it (docs/wire.md).

import type { Page } from "./client";

export interface Line {
  kind: string;
  /** Of energy: the venue of its trades. */
  detail: string;
  start: string;
  end: string;
  count: number;
  energy_kwh: string | null;
  price_per_mwh: string | null;
  /** Positive where the participant pays. */
  amount: string;
  correction: { day: string; version: number; run_id: string } | null;
  case_id: string | null;
  /** What of energy that calls brought over lines is for those lines; charged once, with the line. */
  of_which: OfWhich | null;
}

export interface OfWhich {
  energy_amount: string;
  line_fee_amount: string;
  line_loss_amount: string;
  line_rent_amount: string;
  line_rounding_amount: string;
}

export interface Tax {
  tax_id: string;
  name: string;
  rate_ppm: number;
  base_amount: string;
  amount: string;
}

export interface Plain {
  energy_amount: string;
  fed_in_amount: string;
  network_amount: string;
  levies_amount: string;
  tax_amount: string;
  total_amount: string;
}

export interface Green {
  source: string;
  area_id: string;
  own_use_kwh: string;
  bought_kwh: string;
  retired_kwh: string;
}

export interface Claim {
  line: number | null;
  kind: string;
  start: string;
  amount: string;
  tax_amount: string;
}

export interface Dispute {
  case_id: string;
  state: "open" | "in_work" | "closed";
  outcome: "upheld" | "rejected" | "withdrawn" | "resolved" | null;
  opened_at: string;
  take_by: string | null;
  taken_at: string | null;
  close_by: string | null;
  closed_at: string | null;
  held_amount: string | null;
  dispute: {
    version: number;
    lines: Claim[];
    unpayable_amount: string;
    remedy: "credit" | "corrected" | null;
    credited: Claim[];
    corrected_by: string | null;
  } | null;
  history: {
    kind: string;
    from: "customer" | "desk" | "market";
    at: string;
    text: string | null;
  }[];
}

export type PaymentState = "open" | "part_paid" | "paid" | "overdue";

export interface Bill {
  bill_id: string;
  participant_id: string;
  /** `2016-06` */
  month: string;
  version: number;
  state: "draft" | "issued" | "replaced";
  corrects: string | null;
  start: string;
  end: string;
  drafted_at: string;
  issued_at: string | null;
  withdrawn_kwh: string;
  fed_in_kwh: string;
  substituted_readings: number;
  lines: Line[];
  taxes: Tax[];
  net_amount: string;
  tax_amount: string;
  rounding_amount: string;
  total_amount: string;
  before_amount: string;
  paid_in_amount: string;
  unpayable_amount: string;
  plain_amount: string | null;
  plain: Plain | null;
  green_kwh: string;
  green: Green[];
  disputes: Dispute[];
  due_day: string | null;
  payment_state: PaymentState | null;
  payable_amount: string | null;
  paid_amount: string | null;
  open_amount: string | null;
}

/** A trade or posting behind a line. */
export interface Detail {
  kind: string;
  start: string;
  reference: string;
  energy_kwh: string | null;
  price_per_mwh: string | null;
  amount: string;
}

declare module "./answers" {
  interface Answers {
    "GET /v1/markets/{market}/bills": Page<Bill>;
    "GET /v1/markets/{market}/bills/{bill_id}": Bill;
    "GET /v1/markets/{market}/bills/{bill_id}/details": Page<Detail>;
  }
}

// In which colour a state of payment is said.

import type { Tone } from "../../../parts/text/State";
import type { PaymentState } from "../../../wire/bills";

export const TONES: Record<PaymentState, Tone> = {
  open: "accent",
  part_paid: "warning",
  paid: "good",
  overdue: "bad",
};

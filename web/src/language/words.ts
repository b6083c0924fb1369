// Words for the codes of the wire: refusals, phases, kinds, states, reasons.
//
// The one idea: a code is never shown raw. One this page does not know yet is said as such, with the
// code in it. A test of the server's house (tests/house/test_words.py) holds every code that the
// market can say against these words.

import type { TextKey, Translate } from "./texts";

const KEY = {
  refusal: (code: string) => `refusal.${code}`,
  phase: (code: string) => `phase.${code}`,
  venue: (code: string) => `venue.${code}`,
  kind: (code: string) => `kind.${code}`,
  order_state: (code: string) => `order_state.${code}`,
  trade_state: (code: string) => `trade_state.${code}`,
  time_in_force: (code: string) => `time_in_force.${code}`,
  reason: (code: string) => `reason.${code}`,
  ended: (code: string) => `ended.${code}`,
  alarm: (code: string) => `alarm.${code}`,
  severity: (code: string) => `severity.${code}`,
  level: (code: string) => `level.${code}`,
  notice: (code: string) => `notice.${code}`,
  case_kind: (code: string) => `case_kind.${code}`,
  case_state: (code: string) => `case_state.${code}`,
  case_outcome: (code: string) => `case_outcome.${code}`,
  case_target: (code: string) => `case_target.${code}`,
  case_step: (code: string) => `case_step.${code}`,
  alert_kind: (code: string) => `alert_kind.${code}`,
  alert: (code: string) => `alert.${code}`,
};
export type Family = keyof typeof KEY;

export function word(t: Translate, family: Family, code: string): string {
  const known = t(KEY[family](code) as TextKey, { defaultValue: "" });
  if (known !== "") return known;
  return t(family === "refusal" ? "refusal.other" : "word.unknown", { code });
}

// What a case is called, and the colour of its state.

import type { Case } from "../../../cases/cases";
import { word } from "../../../language/words";
import type { useTexts } from "./texts";

export const STATE_TONES = { open: "warning", in_work: "accent", closed: "good" } as const;

/** Its subject; of a disputed bill its month. */
export function subject(item: Case, { t, format }: ReturnType<typeof useTexts>): string {
  if (item.subject !== null) return item.subject;
  if (item.month === null) return word(t, "case_kind", item.kind);
  return t("bill_of", { month: format.month(`${item.month}-15T12:00:00Z`) });
}

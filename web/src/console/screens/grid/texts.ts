// What this screen says.

import { textsOf } from "../../../language/Speak";
import type { KeysOf, Translate } from "../../../language/texts";
import type en from "../../../locales/en/grid.json";

export const useTexts = textsOf<typeof en>("grid");
export type Say = Translate<KeysOf<typeof en>>;

/** The word for why somebody was told something else; a reason this page does not know stays as it is. */
export const cutWord = (t: Say, reason: string): string =>
  t(`cut.${reason as "trip"}`, { defaultValue: reason });

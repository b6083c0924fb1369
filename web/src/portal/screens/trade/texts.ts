// What this screen says.

import { textsOf } from "../../../language/Speak";
import type { KeysOf, Translate } from "../../../language/texts";
import type en from "../../../locales/en/trade.json";

export const useTexts = textsOf<typeof en>("trade");
export type Say = Translate<KeysOf<typeof en>>;

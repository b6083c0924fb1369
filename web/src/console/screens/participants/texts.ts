// What this screen says.

import { textsOf } from "../../../language/Speak";
import type { KeysOf, TextKey, Translate } from "../../../language/texts";
import type en from "../../../locales/en/participants.json";

export const useTexts = textsOf<typeof en>("participants");
export type Say = Translate<KeysOf<typeof en>>;
export type Key = TextKey<KeysOf<typeof en>>;

import { textsOf } from "../../../language/Speak";
import type { KeysOf, TextKey, Translate } from "../../../language/texts";
import type en from "../../../locales/en/audit.json";

export const useTexts = textsOf<typeof en>("audit");
export type Say = Translate<KeysOf<typeof en>>;
export type Key = TextKey<KeysOf<typeof en>>;

// What this screen says.

import { textsOf } from "../../../language/Speak";
import type { KeysOf, TextKey } from "../../../language/texts";
import type en from "../../../locales/en/settlement.json";

export const useTexts = textsOf<typeof en>("settlement");
export type Key = TextKey<KeysOf<typeof en>>;

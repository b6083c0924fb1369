// What this screen says.

import { textsOf } from "../../../language/Speak";
import type { KeysOf, TextKey } from "../../../language/texts";
import type en from "../../../locales/en/approvals.json";

export const useTexts = textsOf<typeof en>("approvals");
export type Key = TextKey<KeysOf<typeof en>>;

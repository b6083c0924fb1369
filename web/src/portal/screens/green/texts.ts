// What this screen says.

import { textsOf } from "../../../language/Speak";
import type { KeysOf, Translate } from "../../../language/texts";
import type en from "../../../locales/en/green.json";

export const useTexts = textsOf<typeof en>("green");
export type Say = Translate<KeysOf<typeof en>>;

// What this screen says.

import { textsOf } from "../../../language/Speak";
import type { KeysOf, Translate } from "../../../language/texts";
import type en from "../../../locales/en/devices.json";

export const useTexts = textsOf<typeof en>("devices");
export type Say = Translate<KeysOf<typeof en>>;

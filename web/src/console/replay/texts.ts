import { textsOf } from "../../language/Speak";
import type { KeysOf, TextKey } from "../../language/texts";
import type en from "../../locales/en/replay.json";

export const useTexts = textsOf<typeof en>("replay");
export type Key = TextKey<KeysOf<typeof en>>;

// What this screen says.

import { textsOf } from "../../../language/Speak";
import type en from "../../../locales/en/account.json";

export const useTexts = textsOf<typeof en>("account");

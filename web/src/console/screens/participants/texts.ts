// What this screen says.

import { textsOf } from "../../../language/Speak";
import type en from "../../../locales/en/participants.json";

export const useTexts = textsOf<typeof en>("participants");

import { textsOf } from "../../../language/Speak";
import type en from "../../../locales/en/system.json";

export const useTexts = textsOf<typeof en>("system");

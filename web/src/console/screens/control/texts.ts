import { textsOf } from "../../../language/Speak";
import type en from "../../../locales/en/control.json";

export const useTexts = textsOf<typeof en>("control");

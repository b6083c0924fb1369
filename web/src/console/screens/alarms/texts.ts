import { textsOf } from "../../../language/Speak";
import type en from "../../../locales/en/alarms.json";

export const useTexts = textsOf<typeof en>("alarms");

import { textsOf } from "../../../language/Speak";
import type en from "../../../locales/en/alerts.json";

export const useTexts = textsOf<typeof en>("alerts");

import { textsOf } from "../../../language/Speak";
import type en from "../../../locales/en/audit.json";

export const useTexts = textsOf<typeof en>("audit");
export type Say = ReturnType<typeof useTexts>["t"];

import { textsOf } from "../../../language/Speak";
import type en from "../../../locales/en/messages.json";

export const useTexts = textsOf<typeof en>("messages");
export type Say = ReturnType<typeof useTexts>["t"];

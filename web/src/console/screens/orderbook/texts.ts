import { textsOf } from "../../../language/Speak";
import type en from "../../../locales/en/orderbook.json";

export const useTexts = textsOf<typeof en>("orderbook");
export type Say = ReturnType<typeof useTexts>["t"];

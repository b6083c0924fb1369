import { textsOf } from "../../../language/Speak";
import { word } from "../../../language/words";
import type en from "../../../locales/en/orderbook.json";

export const useTexts = textsOf<typeof en>("orderbook");
export type Say = ReturnType<typeof useTexts>["t"];

/** A kind of order; blocks that depend on others are kinds of their own on the wire. */
export function kindWord(t: Say, kind: string): string {
  return kind === "linked" || kind === "exclusive" ? t(`block.${kind}`) : word(t, "kind", kind);
}

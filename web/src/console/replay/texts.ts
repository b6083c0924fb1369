import { textsOf } from "../../language/Speak";
import type en from "../../locales/en/replay.json";

export const useTexts = textsOf<typeof en>("replay");

import { textsOf } from "../../../language/Speak";
import type en from "../../../locales/en/desk.json";

export const useTexts = textsOf<typeof en>("desk");

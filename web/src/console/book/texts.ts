import { textsOf } from "../../language/Speak";
import type en from "../../locales/en/book.json";

export const useTexts = textsOf<typeof en>("book");

import { textsOf } from "../../../language/Speak";
import type en from "../../../locales/en/service.json";

export const useTexts = textsOf<typeof en>("service");

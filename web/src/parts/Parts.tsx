// Around an application: tells the widgets its language, and gives messages their place.

import type { ReactNode } from "react";
import { I18nProvider } from "react-aria-components/I18nProvider";
import { useSpeech } from "../language/Speak";

export function Parts({ children }: { children: ReactNode }) {
  const { format } = useSpeech();
  return <I18nProvider locale={format.tag}>{children}</I18nProvider>;
}

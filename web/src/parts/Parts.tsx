// Around an application: tells the widgets its language, and gives messages their place.

import type { ReactNode } from "react";
import { I18nProvider } from "react-aria-components/I18nProvider";
import { useSpeech } from "../language/Speak";
import { Toasts } from "./act/toasts";

// React Aria would write this rule into the page as a style element, which the server's content
// security policy refuses; it does not where something of this id is there. button.css has the rule.
const RULE = "react-aria-pressable-style";
if (typeof document !== "undefined" && document.getElementById(RULE) === null) {
  const mark = document.createElement("meta");
  mark.id = RULE;
  document.head.append(mark);
}

export function Parts({ children }: { children: ReactNode }) {
  const { format } = useSpeech();
  return (
    <I18nProvider locale={format.tag}>
      <Toasts>{children}</Toasts>
    </I18nProvider>
  );
}

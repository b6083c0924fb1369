// A message as those it is for will see it, in each of its languages.

import { Badge } from "../../../parts/text/State";
import { word } from "../../../language/words";
import { SEVERITY_TONES, type MessageText, type Severity } from "./messages";
import { useTexts } from "./texts";

export function Preview({ texts, severity }: { texts: MessageText[]; severity: Severity }) {
  const { t } = useTexts();
  return (
    <div className="ms-previews">
      {texts.map(({ language, title, text }) => (
        <article key={language} className="ms-preview" lang={language}>
          <Badge tone={SEVERITY_TONES[severity]}>{word(t, "severity", severity)}</Badge>
          <h3>{title || "…"}</h3>
          <p>{text || "…"}</p>
        </article>
      ))}
    </div>
  );
}

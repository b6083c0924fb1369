// What was said and done in a case, in the order in which it was.

import { useSpeech } from "../language/Speak";
import { word } from "../language/words";
import { Icon, type IconName } from "../parts/icons";
import { Time } from "../parts/text/When";
import type { Case, Step } from "./cases";
import "./cases.css";

interface Props {
  item: Case;
  label: string;
  /** Who said it, as the reader knows them. */
  who(step: Step): string;
  /** Whose words stand to the right: the reader's own side. */
  own: "customer" | "desk";
}

const ICONS: Partial<Record<string, IconName>> = {
  missed: "warning",
  internal: "locked",
  taken: "active",
  resolved: "good",
  upheld: "good",
  rejected: "bad",
};

export function Talk({ item, label, who, own }: Props) {
  const { t } = useSpeech();
  return (
    <ol className="case-talk" aria-label={label}>
      {item.history.map((step, place) => {
        const { kind, from, at, text } = step;
        const icon = ICONS[kind];
        const side = from === "market" ? "market" : from === own ? "own" : "other";
        const said =
          kind === "missed" ? word(t, "case_target", text) : kind === "rated" ? stars(item) : text;
        return (
          <li key={`${place} ${at}`} data-side={side} data-kind={kind}>
            <small>
              {icon && <Icon name={icon} size={13} />} {from !== "market" && `${who(step)} · `}
              {word(t, "case_step", kind)} · <Time at={at} day seconds />
            </small>
            {said !== "" && <p>{said}</p>}
            {kind === "rated" && text !== "" && <p>{text}</p>}
          </li>
        );
      })}
    </ol>
  );
}

/** A later rating replaces the one before, so the last one stands in all of them. */
const stars = ({ rating }: Case) =>
  rating === null ? "" : `${"★".repeat(rating)}${"☆".repeat(5 - rating)}`;

// How something stands: an icon and a word, in a colour that says the same once more.

import type { ReactNode } from "react";
import { useSpeech } from "../../language/Speak";
import { word, type Family } from "../../language/words";
import { Icon, type IconName } from "../icons";
import "./text.css";

export type Tone = "good" | "warning" | "bad" | "unknown" | "accent";

const ICONS: Record<Tone, IconName> = {
  good: "good",
  warning: "warning",
  bad: "bad",
  unknown: "unknown",
  accent: "info",
};

interface StateProps {
  tone: Tone;
  icon?: IconName;
  children: ReactNode;
}

/** In a line of text or a cell: icon and word. */
export function State({ tone, icon = ICONS[tone], children }: StateProps) {
  return (
    <span className={`p-state p-${tone}`}>
      <Icon name={icon} size={14} />
      <span>{children}</span>
    </span>
  );
}

/** The same on a ground of its colour, where it has to be found at a glance. */
export function Badge({ tone, icon = ICONS[tone], children }: StateProps) {
  return (
    <span className={`p-state p-badge p-${tone}`}>
      <Icon name={icon} size={13} />
      <span>{children}</span>
    </span>
  );
}

interface CodeProps {
  family: Family;
  code: string;
  /** The code itself too, for people who look it up. */
  raw?: boolean;
}

/** A code of the wire by its word, as a chip. */
export function Code({ family, code, raw = false }: CodeProps) {
  const { t } = useSpeech();
  return (
    <span className="p-code" title={code}>
      {word(t, family, code)}
      {raw && <code>{code}</code>}
    </span>
  );
}

/** An id or a hash: few of its letters, all of them where one points. */
export function Id({ value, letters = 8 }: { value: string; letters?: number }) {
  const cut = value.length > letters + 1;
  return (
    <code className="p-id" title={cut ? value : undefined}>
      {cut ? `${value.slice(0, letters)}…` : value}
    </code>
  );
}

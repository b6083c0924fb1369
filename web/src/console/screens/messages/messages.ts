// Messages of the market to those in it, as operators see them.

import type { Schemas } from "../../../wire/client";
import type { Tone } from "../../../parts/text/State";

export type Scope = Schemas["MessageScope"];
export const SCOPES: readonly Scope[] = ["all", "area", "role", "participant"];
export const SEVERITIES = ["info", "warning", "major", "critical"] as const;
export type Severity = Schemas["Severity"];
/** Who a message to a role is for. */
export const ROLES = ["participant", "area", "operator"] as const;

export type MessageText = Schemas["MessageText"];

/** A message as operators see it. */
export type Message = Required<Schemas["Message"]>;

export const isWhole = (message: Schemas["Message"]): message is Message =>
  message.written_by !== undefined;

export const STATE_TONES: Readonly<Record<Message["state"], Tone>> = {
  scheduled: "accent",
  published: "good",
  withdrawn: "unknown",
};

export const SEVERITY_TONES: Readonly<Record<Severity, Tone>> = {
  info: "unknown",
  warning: "warning",
  major: "bad",
  critical: "bad",
};

/** What somebody is about to write. */
export interface Draft {
  /** Its own id: sent twice it is one message. */
  id: string;
  titles: Record<Language, string>;
  texts: Record<Language, string>;
  scope: Scope;
  key: string;
  severity: Severity;
  /** ISO text; empty: at once. */
  publishAt: string;
}

export const LANGUAGES = ["en", "zh-CN"] as const;
export type Language = (typeof LANGUAGES)[number];

export const draftOf = (id: string): Draft => ({
  id,
  titles: { en: "", "zh-CN": "" },
  texts: { en: "", "zh-CN": "" },
  scope: "all",
  key: "",
  severity: "info",
  publishAt: "",
});

/** The draft as the server takes it. */
export function bodyOf(draft: Draft) {
  const { scope } = draft;
  return {
    client_message_id: draft.id,
    texts: LANGUAGES.map((language) => ({
      language,
      title: draft.titles[language].trim(),
      text: draft.texts[language].trim(),
    })),
    target: scope === "all" ? { scope } : { scope, key: draft.key.trim() },
    severity: draft.severity,
    publish_at: draft.publishAt === "" ? null : draft.publishAt,
  };
}

/** What a message says to somebody of a language: in it, else in the first that it has. */
export function textIn({ texts }: Pick<Message, "texts">, language: string): MessageText | null {
  return texts.find((each) => each.language === language) ?? texts[0] ?? null;
}

/** Read by so many of those it is for, parts per million; null: it is for nobody yet. */
export function readPpm({ recipients, read }: Pick<Message, "recipients" | "read">): number | null {
  return recipients === null || recipients === 0 ? null : Math.floor((read * 1e6) / recipients);
}

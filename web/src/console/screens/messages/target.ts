// Whom a message is for, in words.

import type { Message } from "./messages";
import type { Say } from "./texts";

const ROLES = ["participant", "area", "operator"] as const;

export function targetWord(t: Say, { scope, key }: Message["target"]): string {
  if (scope === "all" || key === null) return t("target.all");
  const role = ROLES.find((each) => each === key);
  if (scope === "role" && role) return t(`to_role.${role}`);
  return t(scope === "area" ? "to_area" : "to_participant", { key });
}

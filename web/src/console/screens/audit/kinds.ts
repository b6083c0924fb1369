// Words for what the market is told and for what then is a fact; a kind that is not known yet is shown as it is.

import type { Key, Say } from "./texts";

export const commandWord = (t: Say, kind: string): string =>
  t(`command.${kind}` as Key, { defaultValue: kind });

export const factWord = (t: Say, kind: string): string =>
  t(`fact.${kind}` as Key, { defaultValue: kind });

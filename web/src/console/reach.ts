// Whether the controllers of areas are heard.

import type { Schemas } from "../wire/client";

/** What the server knows of an area's own controller. */
export type Reach = Schemas["AreaReach"];

export const REACH = "/v1/markets/{market}/reach";
/** So often it is asked: its seconds go by real time, and no channel tells them. */
export const REACH_EVERY_MS = 15_000;
/** Beyond this its silence is worth a word. */
const QUIET_S = 15;

export const isSilent = ({ silent_s }: Pick<Reach, "silent_s">): boolean =>
  silent_s !== null && silent_s > QUIET_S;

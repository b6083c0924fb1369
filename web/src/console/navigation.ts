// Where each screen of the console stands.

import { registry, type Group, type Screen } from "../shell/screens";

export const GROUPS: readonly Group[] = [
  { id: "market", screens: ["situation", "sessions", "orderbook", "curves", "clearing"] },
  { id: "grid", screens: ["grid", "alarms"] },
  { id: "control", screens: ["control", "approvals"] },
  { id: "people", screens: ["participants", "settlement", "messages", "desk"] },
  { id: "system", screens: ["audit", "system", "account"] },
];

/** Every folder under `screens/` that has a `screen.ts`. */
export const SCREENS = registry(
  GROUPS,
  import.meta.glob<Screen>("./screens/*/screen.ts", { eager: true, import: "default" }),
);

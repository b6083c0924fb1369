// Where each screen of the portal stands.

import { registry, type Group, type Screen } from "../shell/screens";

export const GROUPS: readonly Group[] = [
  { id: "energy", screens: ["home", "energy", "devices"] },
  { id: "money", screens: ["trade", "bills", "green"] },
  { id: "help", screens: ["alerts", "service"] },
  { id: "me", screens: ["account"] },
];

/** Every folder under `screens/` that has a `screen.ts`. */
export const SCREENS = registry(
  GROUPS,
  import.meta.glob<Screen>("./screens/*/screen.ts", { eager: true, import: "default" }),
);

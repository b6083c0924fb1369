import type { Screen } from "../../../shell/screens";

export default {
  id: "situation",
  roles: "public",
  texts: "situation",
  load: () => import("./Situation"),
} satisfies Screen;

import type { Screen } from "../../../shell/screens";

export default {
  id: "control",
  roles: ["operator"],
  texts: "control",
  load: () => import("./Control"),
} satisfies Screen;

import type { Screen } from "../../../shell/screens";

export default {
  id: "audit",
  roles: ["operator"],
  texts: "audit",
  load: () => import("./Audit"),
} satisfies Screen;

import type { Screen } from "../../../shell/screens";

export default {
  id: "alerts",
  roles: ["participant"],
  texts: "alerts",
  load: () => import("./Alerts"),
} satisfies Screen;

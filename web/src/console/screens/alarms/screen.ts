import type { Screen } from "../../../shell/screens";

export default {
  id: "alarms",
  roles: ["operator"],
  texts: "alarms",
  load: () => import("./Alarms"),
} satisfies Screen;

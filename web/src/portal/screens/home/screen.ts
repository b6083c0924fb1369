import type { Screen } from "../../../shell/screens";

export default {
  id: "home",
  roles: ["participant"],
  texts: "home",
  load: () => import("./Home"),
} satisfies Screen;

import type { Screen } from "../../../shell/screens";

export default {
  id: "grid",
  roles: ["operator", "area"],
  texts: "grid",
  load: () => import("./Grid"),
} satisfies Screen;

import type { Screen } from "../../../shell/screens";

export default {
  id: "curves",
  roles: ["operator", "area"],
  texts: "curves",
  load: () => import("./Curves"),
} satisfies Screen;

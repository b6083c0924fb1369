import type { Screen } from "../../../shell/screens";

export default {
  id: "sessions",
  roles: ["operator", "area"],
  texts: "sessions",
  load: () => import("./Sessions"),
} satisfies Screen;

import type { Screen } from "../../../shell/screens";

export default {
  id: "clearing",
  roles: ["operator", "area"],
  texts: "clearing",
  load: () => import("./Clearing"),
} satisfies Screen;

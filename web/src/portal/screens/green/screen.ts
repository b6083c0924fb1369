import type { Screen } from "../../../shell/screens";

export default {
  id: "green",
  roles: ["participant"],
  texts: "green",
  load: () => import("./Green"),
} satisfies Screen;

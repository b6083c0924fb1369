import type { Screen } from "../../../shell/screens";

export default {
  id: "energy",
  roles: ["participant"],
  texts: "energy",
  load: () => import("./Energy"),
} satisfies Screen;

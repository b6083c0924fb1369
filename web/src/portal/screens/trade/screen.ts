import type { Screen } from "../../../shell/screens";

export default {
  id: "trade",
  roles: ["participant"],
  texts: "trade",
  load: () => import("./Trade"),
} satisfies Screen;

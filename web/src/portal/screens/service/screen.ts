import type { Screen } from "../../../shell/screens";

export default {
  id: "service",
  roles: ["participant"],
  texts: "service",
  load: () => import("./Service"),
} satisfies Screen;

import type { Screen } from "../../../shell/screens";

export default {
  id: "devices",
  roles: ["participant"],
  texts: "devices",
  load: () => import("./Devices"),
} satisfies Screen;

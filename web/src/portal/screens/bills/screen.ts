import type { Screen } from "../../../shell/screens";

export default {
  id: "bills",
  roles: ["participant"],
  texts: "bills",
  load: () => import("./Bills"),
} satisfies Screen;

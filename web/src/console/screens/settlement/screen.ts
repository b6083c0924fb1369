import type { Screen } from "../../../shell/screens";

export default {
  id: "settlement",
  roles: ["operator"],
  texts: "settlement",
  load: () => import("./Settlement"),
} satisfies Screen;

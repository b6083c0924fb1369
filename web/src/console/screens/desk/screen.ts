import type { Screen } from "../../../shell/screens";

export default {
  id: "desk",
  roles: ["operator"],
  texts: "desk",
  load: () => import("./Desk"),
} satisfies Screen;

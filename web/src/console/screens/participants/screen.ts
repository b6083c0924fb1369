import type { Screen } from "../../../shell/screens";

export default {
  id: "participants",
  roles: ["operator"],
  texts: "participants",
  load: () => import("./Participants"),
} satisfies Screen;

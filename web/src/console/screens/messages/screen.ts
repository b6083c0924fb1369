import type { Screen } from "../../../shell/screens";

export default {
  id: "messages",
  roles: ["operator"],
  texts: "messages",
  load: () => import("./Messages"),
} satisfies Screen;

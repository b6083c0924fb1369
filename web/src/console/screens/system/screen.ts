import type { Screen } from "../../../shell/screens";

export default {
  id: "system",
  roles: ["operator"],
  texts: "system",
  load: () => import("./System"),
} satisfies Screen;

import type { Screen } from "../../../shell/screens";

export default {
  id: "account",
  roles: ["participant"],
  texts: "account",
  load: () => import("./Account"),
} satisfies Screen;

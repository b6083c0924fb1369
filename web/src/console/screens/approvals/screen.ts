import { useWaiting } from "../../approvals";
import type { Screen } from "../../../shell/screens";

export default {
  id: "approvals",
  roles: ["operator"],
  texts: "approvals",
  useWaiting,
  load: () => import("./Approvals"),
} satisfies Screen;

import type { Screen } from "../../../shell/screens";

export default {
  id: "orderbook",
  roles: ["operator"],
  texts: "orderbook",
  load: () => import("./OrderBook"),
} satisfies Screen;

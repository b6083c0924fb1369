// The console's entry.

import "../style/page.css";
import { begin } from "../shell/begin";
import { GROUPS, SCREENS } from "./navigation";

begin({ base: "/console", name: "app.console", groups: GROUPS, screens: SCREENS });

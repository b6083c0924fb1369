// The portal's entry.

import "../style/page.css";
import { begin } from "../shell/begin";
import { GROUPS, SCREENS } from "./navigation";

begin({ base: "/portal", name: "app.portal", groups: GROUPS, screens: SCREENS });

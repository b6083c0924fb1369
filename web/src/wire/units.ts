// A unit as it is registered.

import type { Schemas } from "./client";

export type Unit = Schemas["Unit"];

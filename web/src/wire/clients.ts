// A program or device that may come in.

import type { Schemas } from "./client";

export type Client = Schemas["Client"];

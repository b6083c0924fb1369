// Orders, trades and explanations as their addresses answer them.

import type { Schemas } from "../wire/client";

export type Side = Schemas["Side"];
export type Order = Schemas["Order"];
export type Reason = Schemas["Reason"];
export type Trade = Schemas["Trade"];

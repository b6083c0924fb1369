// The market level's picture of a settled interval, area by area.

import type { Schemas } from "../wire/client";

export type AreaPicture = Schemas["AreaPicture"];

export const SYSTEM = "/v1/markets/{market}/system";

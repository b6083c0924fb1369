// What the addresses of grids, units and curtailment answer (docs/wire.md).

import type { Schemas } from "../../../wire/client";

/** A unit as it is now; powers in kW, injection positive. */
export type UnitRow = Schemas["UnitNow"];

export type Network = Schemas["Network"];

export type PowerFlow = Schemas["PowerFlow"];

export type GridCheck = Schemas["GridCheck"];

export type Curtailment = Schemas["Curtailment"];

export const UNITS = "/v1/markets/{market}/units:overview";
export const CURTAILMENTS = "/v1/markets/{market}/curtailments";
export const CHECKS = "/v1/markets/{market}/grid-checks";

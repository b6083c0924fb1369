// What the addresses of calls, sessions and prices answer (docs/wire.md).

import type { Schemas } from "../wire/client";

/** Which call of an interval: the opening one of its day, or the one that closes it. */
export type CallKind = "day_ahead" | "closing";

export type AreaPrice = Schemas["AreaPrice"];

export type Member = Schemas["Participant"];

export type Binding = Schemas["BindingLimit"];

/** A call that was cleared, as a whole. */
export type ClearingRun = Schemas["ClearingRun"];

/** The closing session of an interval; what is not known yet is null. */
export type Session = Schemas["Session"];

export type SessionStep = Schemas["SessionStep"];

export type SessionTimeline = Schemas["SessionTimeline"];

export type BlockStatus = Block["status"];

export type Block = Schemas["CallBlock"];

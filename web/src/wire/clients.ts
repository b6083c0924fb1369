// A program or device that may come in, and one-time codes for who is to.

import type { Schemas } from "./client";

export type Client = Schemas["Client"];

/** A one-time code to come in by for the first time. */
export type Enrolment = Schemas["Enrolment"];

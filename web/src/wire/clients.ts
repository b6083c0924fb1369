// A program or device that may come in, and one-time codes for who is to.

import type { Page, Schemas } from "./client";

export type Client = Schemas["Client"];

/** A one-time code to come in by for the first time. */
export interface Enrolment {
  enrolment_id: string;
  /** Only in the answer that made it. */
  code?: string;
  role: "participant" | "device" | "operator" | "area";
  participant_id: string | null;
  area_id: string | null;
  unit_id: string | null;
  made_by: string;
  state: "open" | "used" | "expired" | "revoked";
  made_at: string;
  expires_at: string;
}

declare module "./answers" {
  interface Answers {
    "GET /v1/markets/{market}/enrolments": Page<Enrolment>;
    "POST /v1/markets/{market}/enrolments": Enrolment;
    "POST /v1/markets/{market}/enrolments/{enrolment_id}:revoke": Enrolment;
  }
}

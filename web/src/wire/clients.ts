// A program or device that may come in (docs/wire.md).

import type { Page } from "./client";

export interface Client {
  client_id: string;
  role: string;
  participant_id: string | null;
  unit_id: string | null;
  created_at: string;
  revoked_at: string | null;
}

declare module "./answers" {
  interface Answers {
    "GET /v1/clients": Page<Client>;
  }
}

// What the addresses of certificates answer (docs/wire.md).

import type { Page } from "../../../wire/client";
import type { Lot, ShareRow } from "./green";
import type { HeldLot } from "./lots";

/** What an act did to one lot. */
export interface CertificateAct {
  kind: "move" | "retire" | "export";
  participant_id: string;
  reference: string;
  receiver_id: string | null;
  unit_id: string | null;
  start: string | null;
  energy_kwh: string;
  at: string;
}

/** An act as a whole. */
interface Done {
  reference: string;
  energy_kwh: string;
  bundles: number[] | null;
  lots: number;
  free_kwh: string;
}

export const LOTS = "/v1/markets/{market}/account/certificates";
export const STATEMENT = "/v1/markets/{market}/account/certificates/statement";
export const ACTS = "/v1/markets/{market}/certificates/acts";
export const SHARE = "/v1/markets/{market}/green-share";

declare module "../../../wire/answers" {
  interface Answers {
    "GET /v1/markets/{market}/account/certificates": Page<Lot>;
    "GET /v1/markets/{market}/account/certificates/statement": Page<HeldLot>;
    "GET /v1/markets/{market}/certificates/acts": Page<CertificateAct>;
    "GET /v1/markets/{market}/green-share": Page<ShareRow>;
    "POST /v1/markets/{market}/certificates:move": Done;
    "POST /v1/markets/{market}/certificates:retire": Done;
    "POST /v1/markets/{market}/certificates:export": Done;
  }
}

// What the addresses of certificates answer (docs/wire.md).

import type { Schemas } from "../../../wire/client";

/** What an act did to one lot. */
export type CertificateAct = Schemas["CertificateActRow"];

export const LOTS = "/v1/markets/{market}/account/certificates";
export const STATEMENT = "/v1/markets/{market}/account/certificates/statement";
export const ACTS = "/v1/markets/{market}/certificates/acts";
export const SHARE = "/v1/markets/{market}/green-share";

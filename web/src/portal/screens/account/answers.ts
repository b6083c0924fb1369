// What the addresses of one's own account answer.

import type { Page } from "../../../wire/client";

export interface Passkey {
  passkey_id: string;
  name: string;
  added_at: string;
  last_used_at: string | null;
  /** Kept by the device's maker too, so that a lost device is no lost passkey. */
  backed_up: boolean;
}

export interface Mandate {
  mandate_id: string;
  client_mandate_id: string;
  owner: string;
  agent: string;
  unit_ids: string[];
  from: string;
  until: string;
  energy_kwh_max: string | null;
  value_max: string | null;
  state: "holds" | "revoked";
}

export interface PasskeyOffer {
  challenge_id: string;
  public_key: PublicKeyCredentialCreationOptionsJSON;
}

export interface TotpOffer {
  challenge_id: string;
  totp: { secret: string; uri: string };
}

declare module "../../../wire/answers" {
  interface Answers {
    "GET /v1/people/me/passkeys": Page<Passkey>;
    "POST /v1/people/me/passkeys:options": PasskeyOffer;
    "POST /v1/people/me:password-options": TotpOffer;
    "GET /v1/markets/{market}/mandates": Page<Mandate>;
  }
}

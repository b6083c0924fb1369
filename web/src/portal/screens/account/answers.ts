// What the addresses of one's own account answer.

import type { Schemas } from "../../../wire/client";

export type Passkey = Schemas["Passkey"];

export type Mandate = Schemas["Mandate"];

export interface PasskeyOffer {
  challenge_id: string;
  public_key: PublicKeyCredentialCreationOptionsJSON;
}

declare module "../../../wire/answers" {
  interface Answers {
    "POST /v1/people/me/passkeys:options": PasskeyOffer;
  }
}

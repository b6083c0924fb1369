// Showing who one is: by a passkey, or by password and a code of the authenticator.

import { useCallback, useState } from "react";
import { send, silence, type Problem } from "../wire/client";
import { showPasskey } from "./passkeys";
import type { Session } from "./session";

interface PasskeyQuestion {
  challenge_id: string;
  public_key: PublicKeyCredentialRequestOptionsJSON;
}

/** Codes of this page, beside those of the server: the device or the person gave no passkey. */
export const PASSKEY_NONE = "passkey_none";
export const PASSKEY_IMPOSSIBLE = "passkey_impossible";

export interface Proving {
  busy: boolean;
  /** Why it did not succeed; a code of the server's, or one of the two above. */
  problem: Problem | null;
  /** Asks the server for a challenge at `options` and answers it at `target`. */
  byPasskey(options: string, target: string): Promise<Session | null>;
  byBody(target: string, body: object): Promise<Session | null>;
}

export function useProof(): Proving {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const attempt = useCallback(async (ask: () => Promise<Session | Problem>) => {
    setBusy(true);
    setProblem(null);
    const found = await ask();
    setBusy(false);
    if ("person_id" in found) return found;
    setProblem(found);
    return null;
  }, []);
  const byBody = useCallback(
    (target: string, body: object) =>
      attempt(async () => {
        const answer = await send<Session>("post", target, { body });
        return answer.ok ? answer.value : answer.problem;
      }),
    [attempt],
  );
  const byPasskey = useCallback(
    (options: string, target: string) =>
      attempt(async () => {
        const asked = await send<PasskeyQuestion>("post", options);
        if (!asked.ok) return asked.problem;
        const shown = await showPasskey(asked.value.public_key);
        if (!shown.ok) {
          return silence(shown.why === "impossible" ? PASSKEY_IMPOSSIBLE : PASSKEY_NONE);
        }
        const body = { challenge_id: asked.value.challenge_id, credential: shown.credential };
        const answer = await send<Session>("post", target, { body });
        return answer.ok ? answer.value : answer.problem;
      }),
    [attempt],
  );
  return { busy, problem, byPasskey, byBody };
}

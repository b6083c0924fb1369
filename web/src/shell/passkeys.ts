// Passkeys by the browser's own means: options and answers as JSON, the secret never leaves the device.

export type Made<T> = { ok: true; credential: T } | { ok: false; why: "refused" | "impossible" };

/** Whether this browser, on this address, can use passkeys at all. */
export const passkeysPossible = (): boolean =>
  typeof PublicKeyCredential !== "undefined" &&
  "parseRequestOptionsFromJSON" in PublicKeyCredential &&
  isSecureContext;

/** Shows a passkey to the server that asks for one. */
export async function showPasskey(
  options: PublicKeyCredentialRequestOptionsJSON,
): Promise<Made<unknown>> {
  return attempt(() =>
    navigator.credentials.get({
      publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options),
    }),
  );
}

/** Makes a passkey on this device. */
export async function makePasskey(
  options: PublicKeyCredentialCreationOptionsJSON,
): Promise<Made<unknown>> {
  return attempt(() =>
    navigator.credentials.create({
      publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options),
    }),
  );
}

/** The person may turn away, the device may know nothing: both are one answer, by the standard's will. */
async function attempt(ask: () => Promise<Credential | null>): Promise<Made<unknown>> {
  if (!passkeysPossible()) return { ok: false, why: "impossible" };
  try {
    const credential = (await ask()) as PublicKeyCredential | null;
    return credential === null
      ? { ok: false, why: "refused" }
      : { ok: true, credential: credential.toJSON() };
  } catch {
    return { ok: false, why: "refused" };
  }
}

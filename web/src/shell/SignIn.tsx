// Signing in: the passkey first, password and code where there is none.

import { useState, type FormEvent } from "react";
import { Link, Navigate, useSearchParams } from "react-router";
import { useSpeech } from "../language/Speak";
import { CodeField, Field, Refusal, useFaults } from "./fields";
import { passkeysPossible } from "./passkeys";
import { PASSKEY_IMPOSSIBLE, PASSKEY_NONE, useProof } from "./proof";
import { useSession } from "./session";

/** Where one came from: only ever a page of this application. */
export function wayBack(to: string | null): string {
  return to !== null && /^\/(?![/\\])/.test(to) && !to.startsWith("/sign-in") ? to : "/";
}

export function SignIn() {
  const { t } = useSpeech();
  const { session, enter, lapsed } = useSession();
  const [search] = useSearchParams();
  const proof = useProof();
  const [byPassword, setByPassword] = useState(() => !passkeysPossible());
  if (session) return <Navigate replace to={wayBack(search.get("to"))} />;
  const withPasskey = async () => {
    const found = await proof.byPasskey("/v1/session:passkey-options", "/v1/session:passkey");
    if (found) enter(found);
  };
  return (
    <section className="card" aria-labelledby="sign-in-title">
      <h1 id="sign-in-title">{t("sign_in.title")}</h1>
      {lapsed && <p role="status">{t("sign_in.lapsed")}</p>}
      <ProofRefusal problem={proof.problem} />
      {passkeysPossible() && (
        <button
          type="button"
          className="primary"
          disabled={proof.busy}
          onClick={() => void withPasskey()}
        >
          {t("sign_in.with_passkey")}
        </button>
      )}
      {byPassword ? (
        <PasswordForm proof={proof} enter={enter} />
      ) : (
        <button type="button" className="quiet" onClick={() => setByPassword(true)}>
          {t("sign_in.with_password")}
        </button>
      )}
      <p className="card-foot">
        <Link to={{ pathname: "/enrol", search: search.toString() }}>{t("sign_in.to_enrol")}</Link>
      </p>
    </section>
  );
}

interface PasswordFormProps {
  proof: ReturnType<typeof useProof>;
  enter: ReturnType<typeof useSession>["enter"];
}

function PasswordForm({ proof, enter }: PasswordFormProps) {
  const { t } = useSpeech();
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const fault = useFaults(proof.problem);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const found = await proof.byBody("/v1/session:password", { login, password, code });
    if (found) enter(found);
    // The code is used up, whatever else was wrong.
    else setCode("");
  };
  return (
    <form onSubmit={(event) => void submit(event)} aria-label={t("sign_in.with_password")}>
      <Field
        label={t("sign_in.login")}
        value={login}
        change={setLogin}
        fault={fault("/login")}
        autoComplete="username webauthn"
        autoCapitalize="none"
        spellCheck={false}
      />
      <Field
        label={t("sign_in.password")}
        type="password"
        value={password}
        change={setPassword}
        fault={fault("/password")}
        autoComplete="current-password"
      />
      <CodeField value={code} change={setCode} fault={fault("/code")} />
      <button type="submit" className="primary" disabled={proof.busy}>
        {t("session.sign_in")}
      </button>
    </form>
  );
}

/** What was refused, in words for what the device answered too. */
export function ProofRefusal({ problem }: { problem: ReturnType<typeof useProof>["problem"] }) {
  const { t } = useSpeech();
  if (problem === null) return null;
  if (problem.code === PASSKEY_NONE) {
    return <Refusal problem={problem}>{t("sign_in.passkey_none")}</Refusal>;
  }
  if (problem.code === PASSKEY_IMPOSSIBLE) {
    return <Refusal problem={problem}>{t("sign_in.passkey_impossible")}</Refusal>;
  }
  return <Refusal problem={problem} />;
}

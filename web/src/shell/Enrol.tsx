// The first time: a one-time code becomes a person, with a passkey or with password and authenticator.

import { useState, type FormEvent } from "react";
import { Link, Navigate, useSearchParams } from "react-router";
import { useSpeech } from "../language/Speak";
import { send, silence, type Answer, type Problem } from "../wire/client";
import { CodeField, Field, Refusal, useFaults } from "./fields";
import { makePasskey, passkeysPossible } from "./passkeys";
import { PASSKEY_IMPOSSIBLE, PASSKEY_NONE } from "./proof";
import { useSession, type Session } from "./session";
import { ProofRefusal, wayBack } from "./SignIn";

interface Offer {
  challenge_id: string;
  public_key: PublicKeyCredentialCreationOptionsJSON;
  totp: { secret: string; uri: string };
}

export function Enrol() {
  const { t, language } = useSpeech();
  const { session, enter, tellLanguage } = useSession();
  const [search] = useSearchParams();
  const [offer, setOffer] = useState<Offer | null>(null);
  if (session) return <Navigate replace to={wayBack(search.get("to"))} />;
  const finish = async (body: object): Promise<Problem | null> => {
    const answer = await send<Session>("post", "/v1/people:enrol", { body });
    if (!answer.ok) return answer.problem;
    // The server learns in which language the person has been spoken to.
    tellLanguage(language);
    enter({ ...answer.value, language });
    return null;
  };
  return (
    <section className="card" aria-labelledby="enrol-title">
      <h1 id="enrol-title">{t("enrol.title")}</h1>
      {offer === null ? (
        <Who code={search.get("code") ?? ""} take={setOffer} />
      ) : (
        <How offer={offer} finish={finish} />
      )}
      <p className="card-foot">
        <Link to={{ pathname: "/sign-in", search: search.toString() }}>
          {t("enrol.to_sign_in")}
        </Link>
      </p>
    </section>
  );
}

function Who({ code: given, take }: { code: string; take(offer: Offer): void }) {
  const { t } = useSpeech();
  const [code, setCode] = useState(given);
  const [login, setLogin] = useState("");
  const [name, setName] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const fault = useFaults(problem);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    const body = { code: code.trim(), login, name };
    const answer: Answer<Offer> = await send("post", "/v1/people:enrol-options", { body });
    setBusy(false);
    if (answer.ok) take(answer.value);
    else setProblem(answer.problem);
  };
  return (
    <form onSubmit={(event) => void submit(event)} aria-labelledby="enrol-title">
      <p>{t("enrol.text")}</p>
      <Refusal problem={problem} />
      <Field
        label={t("enrol.code")}
        hint={t("enrol.code_hint")}
        value={code}
        change={setCode}
        fault={fault("/code")}
        autoComplete="off"
        spellCheck={false}
      />
      <Field
        label={t("sign_in.login")}
        value={login}
        change={setLogin}
        fault={fault("/login")}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
      />
      <Field
        label={t("enrol.name")}
        value={name}
        change={setName}
        fault={fault("/name")}
        autoComplete="name"
      />
      <button type="submit" className="primary" disabled={busy}>
        {t("enrol.next")}
      </button>
    </form>
  );
}

interface HowProps {
  offer: Offer;
  finish(body: object): Promise<Problem | null>;
}

function How({ offer, finish }: HowProps) {
  const { t } = useSpeech();
  const [byPassword, setByPassword] = useState(() => !passkeysPossible());
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const attempt = async (ask: () => Promise<Problem | null>) => {
    setBusy(true);
    setProblem(null);
    const refused = await ask();
    if (refused) {
      setBusy(false);
      setProblem(refused);
    }
  };
  const withPasskey = () =>
    attempt(async () => {
      const made = await makePasskey(offer.public_key);
      if (!made.ok) return silence(made.why === "impossible" ? PASSKEY_IMPOSSIBLE : PASSKEY_NONE);
      return finish({ challenge_id: offer.challenge_id, credential: made.credential });
    });
  return (
    <>
      <ProofRefusal problem={problem} />
      {passkeysPossible() && (
        <>
          <p>{t("enrol.passkey_text")}</p>
          <button
            type="button"
            className="primary"
            disabled={busy}
            onClick={() => void withPasskey()}
          >
            {t("enrol.make_passkey")}
          </button>
        </>
      )}
      {byPassword ? (
        <PasswordAndTotp
          offer={offer}
          finish={finish}
          attempt={attempt}
          busy={busy}
          problem={problem}
        />
      ) : (
        <button type="button" className="quiet" onClick={() => setByPassword(true)}>
          {t("enrol.with_password")}
        </button>
      )}
    </>
  );
}

interface PasswordProps extends HowProps {
  attempt(ask: () => Promise<Problem | null>): Promise<void>;
  busy: boolean;
  problem: Problem | null;
}

function PasswordAndTotp({ offer, finish, attempt, busy, problem }: PasswordProps) {
  const { t } = useSpeech();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const fault = useFaults(problem);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void attempt(() => finish({ challenge_id: offer.challenge_id, password, code }));
  };
  return (
    <form onSubmit={submit} aria-label={t("enrol.with_password")}>
      <p>{t("enrol.totp_text")}</p>
      <p>
        <code className="secret">{offer.totp.secret.replace(/(.{4})(?=.)/g, "$1 ")}</code>
      </p>
      <p>
        <a href={offer.totp.uri}>{t("enrol.totp_link")}</a>
      </p>
      <Field
        label={t("enrol.password")}
        hint={t("enrol.password_hint")}
        type="password"
        value={password}
        change={setPassword}
        fault={fault("/password")}
        autoComplete="new-password"
      />
      <CodeField value={code} change={setCode} fault={fault("/code")} />
      <button type="submit" className="primary" disabled={busy}>
        {t("enrol.finish")}
      </button>
    </form>
  );
}

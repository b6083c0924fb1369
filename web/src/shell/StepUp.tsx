// Showing once more who one is, before an act that matters.
//
// The one idea: an act that is refused with STEP_UP_REQUIRED waits here for its person; what was typed
// stays where it is, and the act is sent again by whoever sent it.

import {
  createContext,
  use,
  useCallback,
  useEffect,
  useRef,
  useState,
  type FormEvent,
  type ReactNode,
} from "react";
import { useSpeech } from "../language/Speak";
import { CodeField, Field, useFaults } from "./fields";
import { passkeysPossible } from "./passkeys";
import { useProof } from "./proof";
import { useSession, type Session } from "./session";
import { ProofRefusal } from "./SignIn";

const StepUpContext = createContext<(() => Promise<boolean>) | null>(null);

/** Asks the person; true: it has shown who it is. Several acts at once share one question. */
export function useStepUp(): () => Promise<boolean> {
  const ask = use(StepUpContext);
  if (ask === null) throw new Error("useStepUp outside of an application");
  return ask;
}

export function StepUpProvider({ children }: { children: ReactNode }) {
  const { enter } = useSession();
  const [asked, setAsked] = useState(false);
  const pending = useRef<{ promise: Promise<boolean>; resolve(shown: boolean): void } | null>(null);
  const ask = useCallback(() => {
    if (pending.current !== null) return pending.current.promise;
    let resolve: (shown: boolean) => void = () => {};
    const promise = new Promise<boolean>((settle) => (resolve = settle));
    pending.current = { promise, resolve };
    setAsked(true);
    return promise;
  }, []);
  const answer = useCallback(
    (session: Session | null) => {
      if (session) enter(session);
      setAsked(false);
      pending.current?.resolve(session !== null);
      pending.current = null;
    },
    [enter],
  );
  return (
    <StepUpContext value={ask}>
      {children}
      {asked && <StepUpDialog answer={answer} />}
    </StepUpContext>
  );
}

function StepUpDialog({ answer }: { answer(session: Session | null): void }) {
  const { t } = useSpeech();
  const dialog = useRef<HTMLDialogElement>(null);
  const proof = useProof();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [byPassword, setByPassword] = useState(() => !passkeysPossible());
  const fault = useFaults(proof.problem);
  useEffect(() => dialog.current?.showModal(), []);
  const withPasskey = async () => {
    const found = await proof.byPasskey("/v1/session:step-up-options", "/v1/session:step-up");
    if (found) answer(found);
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const found = await proof.byBody("/v1/session:step-up", { password, code });
    if (found) answer(found);
    else setCode("");
  };
  return (
    <dialog
      ref={dialog}
      className="card"
      aria-labelledby="step-up-title"
      onCancel={(event) => {
        event.preventDefault();
        answer(null);
      }}
    >
      <h2 id="step-up-title">{t("step_up.title")}</h2>
      <p>{t("step_up.text")}</p>
      <ProofRefusal problem={proof.problem} />
      {passkeysPossible() && (
        <button
          type="button"
          className="primary"
          disabled={proof.busy}
          onClick={() => void withPasskey()}
        >
          {t("step_up.with_passkey")}
        </button>
      )}
      {byPassword ? (
        <form onSubmit={(event) => void submit(event)} aria-label={t("sign_in.with_password")}>
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
            {t("step_up.confirm")}
          </button>
        </form>
      ) : (
        <button type="button" className="quiet" onClick={() => setByPassword(true)}>
          {t("sign_in.with_password")}
        </button>
      )}
      <button type="button" onClick={() => answer(null)}>
        {t("step_up.cancel")}
      </button>
    </dialog>
  );
}

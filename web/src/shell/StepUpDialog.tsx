// The question itself: by passkey, else by password and time code.
//
// A modal like those that ask before an act, since it stands above one of them: a modal of another kind
// would be out of reach beneath.

import { useState, type FormEvent } from "react";
import { Dialog } from "react-aria-components/Dialog";
import { Heading } from "react-aria-components/Heading";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { useSpeech } from "../language/Speak";
import "../parts/act/act.css";
import { CodeField, Field, useFaults } from "./fields";
import { passkeysPossible } from "./passkeys";
import { useProof } from "./proof";
import type { Session } from "./session";
import { ProofRefusal } from "./SignIn";

export default function StepUpDialog({ answer }: { answer(session: Session | null): void }) {
  const { t } = useSpeech();
  const proof = useProof();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [byPassword, setByPassword] = useState(() => !passkeysPossible());
  const fault = useFaults(proof.problem);
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
    <ModalOverlay
      className="p-shade"
      isOpen
      onOpenChange={(open) => {
        if (!open) answer(null);
      }}
    >
      <Modal className="p-modal">
        <Dialog className="p-dialog card">
          <Heading slot="title">{t("step_up.title")}</Heading>
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
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

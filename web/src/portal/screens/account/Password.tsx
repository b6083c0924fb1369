// A password with an authenticator: the way in where no passkey is at hand.

import { useState } from "react";
import { Button } from "../../../parts/Button";
import { useToast } from "../../../parts/act/toasts";
import { TextField } from "../../../parts/form/fields";
import { Form } from "../../../parts/form/Form";
import { Panel } from "../../../parts/frame/Panel";
import type { Schemas } from "../../../wire/client";
import { useAct } from "../../../wire/queries";
import { useTexts } from "./texts";

export function Password() {
  const { t } = useTexts();
  const toast = useToast();
  const [offer, setOffer] = useState<Schemas["PasswordOffer"] | null>(null);
  const [open, show] = useState(false);
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const ask = useAct("post", "/v1/people/me:password-options");
  const save = useAct("post", "/v1/people/me:password");
  const begin = async () => {
    const answer = await ask.act({ body: {} });
    if (!answer.ok) return;
    setOffer(answer.value);
    show(true);
  };
  const close = () => {
    show(false);
    setOffer(null);
    setPassword("");
    setCode("");
    save.forget();
  };
  const submit = async () => {
    const answer = await save.act({
      body: { password, code, ...(offer ? { challenge_id: offer.challenge_id } : {}) },
    });
    if (!answer.ok) return;
    close();
    toast(t("password.saved"));
  };
  return (
    <Panel title={t("password.title")}>
      <p className="account-note">{t("password.text")}</p>
      {open ? (
        <Form
          label={t("password.title")}
          problem={save.problem}
          busy={save.busy}
          submit={t("password.save")}
          onSubmit={() => void submit()}
          onCancel={close}
        >
          {offer && (
            <div className="account-secret">
              <p>{t("enrol.totp_text")}</p>
              <code>{offer.totp.secret.replace(/(.{4})(?=.)/g, "$1 ")}</code>
              <a href={offer.totp.uri}>{t("enrol.totp_link")}</a>
            </div>
          )}
          <TextField
            pointer="/password"
            type="password"
            label={t("enrol.password")}
            note={t("enrol.password_hint")}
            value={password}
            onChange={setPassword}
            autoComplete="new-password"
            most={128}
          />
          <TextField
            pointer="/code"
            label={t("sign_in.code")}
            note={t("sign_in.code_hint")}
            value={code}
            onChange={setCode}
            autoComplete="one-time-code"
            most={6}
          />
        </Form>
      ) : (
        <div className="account-acts">
          <Button isDisabled={ask.busy} onPress={() => void begin()}>
            {t("password.with_new")}
          </Button>
          <Button kind="quiet" onPress={() => show(true)}>
            {t("password.with_old")}
          </Button>
        </div>
      )}
    </Panel>
  );
}

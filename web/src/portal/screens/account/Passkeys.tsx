// Passkeys: which devices let one in.

import { useState } from "react";
import { Button } from "../../../parts/Button";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { TextField } from "../../../parts/form/fields";
import { Form } from "../../../parts/form/Form";
import { Panel } from "../../../parts/frame/Panel";
import { Failed, Loading } from "../../../parts/state/states";
import { State } from "../../../parts/text/State";
import { Time } from "../../../parts/text/When";
import { makePasskey } from "../../../shell/passkeys";
import { useAct, useRead } from "../../../wire/queries";
import type { Passkey } from "./answers";
import { useTexts } from "./texts";

const PASSKEYS = "/v1/people/me/passkeys";

export function Passkeys() {
  const { t } = useTexts();
  const found = useRead(PASSKEYS);
  const items = found.value?.items ?? [];
  const [leaving, leave] = useState<Passkey | null>(null);
  const toast = useToast();
  const remove = useAct("delete", `${PASSKEYS}/{passkey_id}`, { renews: [PASSKEYS] });
  return (
    <Panel title={t("passkey.title")}>
      {found.state === "loading" && <Loading />}
      {found.state === "failed" && (
        <Failed code={found.problem?.code ?? "UNREACHABLE"} onAgain={found.again} />
      )}
      <ul className="account-list">
        {items.map((each) => (
          <li key={each.passkey_id}>
            <div>
              <b>{each.name || t("passkey.first")}</b>
              <small>
                {t("passkey.added")} <Time at={each.added_at} day /> ·{" "}
                {each.last_used_at === null ? (
                  t("passkey.never")
                ) : (
                  <>
                    {t("passkey.used")} <Time at={each.last_used_at} day />
                  </>
                )}
              </small>
              {each.backed_up && <State tone="good">{t("passkey.backed_up")}</State>}
            </div>
            <Button onPress={() => leave(each)}>{t("remove")}</Button>
          </li>
        ))}
      </ul>
      <Add />
      {leaving && (
        <ConfirmAct
          open
          title={t("passkey.remove_title")}
          consequence={
            <p>{t("passkey.remove_text", { name: leaving.name || t("passkey.first") })}</p>
          }
          act={t("passkey.remove")}
          reason="none"
          busy={remove.busy}
          problem={remove.problem}
          onClose={() => {
            leave(null);
            remove.forget();
          }}
          onConfirm={() =>
            void remove.act({ params: { passkey_id: leaving.passkey_id } }).then(({ ok }) => {
              if (!ok) return;
              leave(null);
              toast(t("passkey.removed"));
            })
          }
        />
      )}
    </Panel>
  );
}

function Add() {
  const { t } = useTexts();
  const toast = useToast();
  const [name, setName] = useState("");
  const [refused, setRefused] = useState<"refused" | "impossible" | null>(null);
  const ask = useAct("post", `${PASSKEYS}:options`);
  const add = useAct("post", PASSKEYS, { renews: [PASSKEYS] });
  const submit = async () => {
    setRefused(null);
    const offer = await ask.act({ body: {} });
    if (!offer.ok) return;
    const made = await makePasskey(offer.value.public_key);
    if (!made.ok) return setRefused(made.why);
    const answer = await add.act({
      body: {
        challenge_id: offer.value.challenge_id,
        credential: made.credential as Record<string, unknown>,
        name: name.trim(),
      },
    });
    if (!answer.ok) return;
    setName("");
    toast(t("passkey.made"));
  };
  return (
    <Form
      label={t("passkey.add")}
      problem={ask.problem ?? add.problem}
      busy={ask.busy || add.busy}
      submit={t("passkey.add")}
      onSubmit={() => void submit()}
    >
      <TextField
        pointer="/name"
        label={t("passkey.name")}
        note={t("passkey.name_note")}
        value={name}
        onChange={setName}
        most={64}
      />
      {refused && (
        <p role="alert">
          {t(refused === "impossible" ? "sign_in.passkey_impossible" : "passkey.none_given")}
        </p>
      )}
    </Form>
  );
}

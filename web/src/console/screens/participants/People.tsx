// People who sign in for a participant, and taking somebody's access for good.

import { useState } from "react";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { Button } from "../../../parts/Button";
import { Failed, Loading } from "../../../parts/state/states";
import { Time } from "../../../parts/text/When";
import { useAct, useList } from "../../../wire/queries";
import type { Person } from "../../approvals";
import { useTexts } from "./texts";
import { OVERVIEW } from "./wire";

const PEOPLE = "/v1/people";

export function People({ participant }: { participant: string }) {
  const { t } = useTexts();
  const people = useList(PEOPLE, { all: true });
  const [leaving, leave] = useState<Person | null>(null);
  const own = people.items.filter((each) => each.participant_id === participant);
  const { problem } = people;
  return (
    <div>
      <h3>{t("people.title")}</h3>
      {people.state === "loading" && <Loading rows={1} />}
      {people.state === "failed" && problem && <Failed {...problem} onAgain={people.again} />}
      {people.state === "ready" && own.length === 0 && (
        <p className="pt-none">{t("people.none")}</p>
      )}
      <ul className="pt-clients">
        {own.map((person) => (
          <li key={person.person_id}>
            <span>
              <b>{person.name}</b> <code>{person.login}</code>
              <small>
                {person.revoked ? (
                  t("clients.revoked")
                ) : (
                  <>
                    {t("clients.since")} <Time at={person.made_at} day />
                  </>
                )}
              </small>
            </span>
            {!person.revoked && (
              <Button kind="danger" onPress={() => leave(person)}>
                {t("people.revoke")}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {leaving && <Revoke person={leaving} onClose={() => leave(null)} />}
    </div>
  );
}

function Revoke({ person: { person_id, name }, onClose }: { person: Person; onClose(): void }) {
  const { t } = useTexts();
  const toast = useToast();
  const revoke = useAct("post", "/v1/people/{person_id}:revoke", { renews: [PEOPLE, OVERVIEW] });
  const go = async () => {
    const answer = await revoke.act({ params: { person_id } });
    if (!answer.ok) return;
    toast(t("people.revoked", { name }));
    onClose();
  };
  return (
    <ConfirmAct
      open
      title={t("people.revoke_title", { name })}
      consequence={<p>{t("people.revoke_means")}</p>}
      act={t("people.revoke")}
      reason="none"
      busy={revoke.busy}
      problem={revoke.problem}
      onConfirm={() => void go()}
      onClose={onClose}
    />
  );
}

// Writing a message: both languages, whom it is for, when; seen as it will be before it goes.

import { useState } from "react";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { Form } from "../../../parts/form/Form";
import { ChoiceField, RadioCards, ReasonField, TextField } from "../../../parts/form/fields";
import { MomentField } from "../../../parts/form/times";
import { Panel } from "../../../parts/frame/Panel";
import { Split } from "../../../parts/frame/Page";
import { word } from "../../../language/words";
import { newKey } from "../../../wire/client";
import { useAct } from "../../../wire/queries";
import type { Market } from "../../../wire/types";
import {
  bodyOf,
  draftOf,
  LANGUAGES,
  ROLES,
  SCOPES,
  SEVERITIES,
  type Draft,
  type Scope,
  type Severity,
} from "./messages";
import { Preview } from "./Preview";
import { targetWord } from "./target";
import { useTexts } from "./texts";

const TITLE_MOST = 200;
const TEXT_MOST = 4_000;

export function Write({ market, onWritten }: { market: Market; onWritten(): void }) {
  const { t, format } = useTexts();
  const toast = useToast();
  const [draft, setDraft] = useState(() => draftOf(newKey()));
  const [asking, ask] = useState(false);
  const write = useAct("post", "/v1/markets/{market}/messages", {
    renews: ["/v1/markets/{market}/messages"],
  });
  const set = (change: Partial<Draft>) => setDraft({ ...draft, ...change });
  const body = bodyOf(draft);
  const target = { scope: draft.scope, key: draft.scope === "all" ? null : draft.key };
  const send = async () => {
    const answer = await write.act({ body });
    ask(false);
    if (!answer.ok) return;
    toast(t(answer.value.state === "scheduled" ? "write.scheduled" : "write.published"));
    setDraft(draftOf(newKey()));
    onWritten();
  };
  return (
    <Split
      percent={38}
      aside={
        <Panel title={t("write.preview")} note={targetWord(t, target)}>
          <Preview texts={body.texts} severity={draft.severity} />
        </Panel>
      }
    >
      <Panel title={t("tab.write")}>
        <Form
          label={t("tab.write")}
          submit={t("write.next")}
          busy={write.busy}
          problem={write.problem}
          onSubmit={() => ask(true)}
        >
          {LANGUAGES.map((language, at) => (
            <div key={language} className="ms-language">
              <TextField
                pointer={`/texts/${at}/title`}
                label={t(`write_title.${language}`)}
                most={TITLE_MOST}
                value={draft.titles[language]}
                onChange={(title) => set({ titles: { ...draft.titles, [language]: title } })}
              />
              <ReasonField
                pointer={`/texts/${at}/text`}
                label={t(`write_text.${language}`)}
                least={1}
                most={TEXT_MOST}
                value={draft.texts[language]}
                onChange={(text) => set({ texts: { ...draft.texts, [language]: text } })}
              />
            </div>
          ))}
          <RadioCards
            pointer="/target/scope"
            label={t("column.target")}
            value={draft.scope}
            onChange={(scope) => set({ scope: scope as Scope, key: "" })}
            cards={SCOPES.map((value) => ({ value, text: t(`target.${value}`) }))}
          />
          <Key market={market} draft={draft} onChange={(key) => set({ key })} />
          <ChoiceField
            pointer="/severity"
            label={t("column.severity")}
            value={draft.severity}
            onChange={(severity) => set({ severity: severity as Severity })}
            options={SEVERITIES.map((value) => ({ value, text: word(t, "severity", value) }))}
          />
          <MomentField
            pointer="/publish_at"
            label={t("write.when")}
            note={t("write.when_note", { zone: format.zone })}
            value={draft.publishAt}
            onChange={(publishAt) => set({ publishAt })}
            optional
          />
        </Form>
      </Panel>
      <ConfirmAct
        open={asking}
        title={t("write.confirm", { target: targetWord(t, target) })}
        consequence={
          draft.publishAt === ""
            ? t("write.now_consequence")
            : t("write.later_consequence", { at: format.stamp(draft.publishAt) })
        }
        act={t(draft.publishAt === "" ? "write.publish" : "write.schedule")}
        reason="none"
        danger={false}
        busy={write.busy}
        onConfirm={() => void send()}
        onClose={() => ask(false)}
      >
        <Preview texts={body.texts} severity={draft.severity} />
      </ConfirmAct>
    </Split>
  );
}

interface KeyProps {
  market: Market;
  draft: Draft;
  onChange(key: string): void;
}

/** Which area, role or participant. */
function Key({ market, draft, onChange }: KeyProps) {
  const { t } = useTexts();
  const given = { pointer: "/target/key", value: draft.key, onChange };
  switch (draft.scope) {
    case "all":
      return null;
    case "area":
      return (
        <ChoiceField
          {...given}
          label={t("target.area")}
          options={market.areas.map(({ area_id, name }) => ({
            value: area_id,
            text: `${area_id} · ${name}`,
          }))}
        />
      );
    case "role":
      return (
        <ChoiceField
          {...given}
          label={t("target.role")}
          options={ROLES.map((value) => ({ value, text: t(`to_role.${value}`) }))}
        />
      );
    case "participant":
      return <TextField {...given} label={t("target.participant")} note={t("write.whole_id")} />;
  }
}

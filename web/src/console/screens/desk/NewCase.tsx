// What somebody said on the telephone, written down for them.

import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { KINDS, RENEWS, SUBJECT_MOST, WORDS_MOST, type DeskKind } from "../../../cases/cases";
import { word } from "../../../language/words";
import { useToast } from "../../../parts/act/toasts";
import { RadioCards, ReasonField, TextField } from "../../../parts/form/fields";
import { Form } from "../../../parts/form/Form";
import { Page } from "../../../parts/frame/Page";
import { Panel } from "../../../parts/frame/Panel";
import { newKey } from "../../../wire/client";
import { useAct } from "../../../wire/queries";
import { useTexts } from "./texts";

export function NewCase() {
  const { t } = useTexts();
  const toast = useToast();
  const navigate = useNavigate();
  // One for the form: sent twice it is one case.
  const [client_case_id] = useState(newKey);
  const [kind, setKind] = useState<DeskKind>("fault_report");
  const [participant, setParticipant] = useState("");
  const [unit, setUnit] = useState("");
  const [subject, setSubject] = useState("");
  const [text, setText] = useState("");
  const open = useAct("post", "/v1/markets/{market}/cases", RENEWS);
  const send = async () => {
    const answer = await open.act({
      body: {
        kind,
        client_case_id,
        participant_id: participant.trim(),
        subject: subject.trim(),
        text: text.trim(),
        ...(unit.trim() === "" ? {} : { unit_id: unit.trim() }),
      },
    });
    if (!answer.ok) return;
    toast(t("new.done"));
    void navigate(`/desk/${encodeURIComponent(answer.value.case_id)}`);
  };
  return (
    <Page
      title={t("write_down")}
      description={t("new.about")}
      before={<Link to="/desk">{t("to_list")}</Link>}
    >
      <Panel title={t("case")}>
        <Form
          label={t("write_down")}
          problem={open.problem}
          busy={open.busy}
          submit={t("new.act")}
          onSubmit={() => void send()}
          onCancel={() => void navigate("/desk")}
        >
          <TextField
            pointer="/participant_id"
            label={t("column.participant")}
            value={participant}
            onChange={setParticipant}
          />
          <RadioCards
            pointer="/kind"
            label={t("column.kind")}
            value={kind}
            onChange={(value) => setKind(value as DeskKind)}
            cards={KINDS.map((value) => ({ value, text: word(t, "case_kind", value) }))}
          />
          <TextField
            pointer="/unit_id"
            label={t("unit_of")}
            optional
            value={unit}
            onChange={setUnit}
          />
          <TextField
            pointer="/subject"
            label={t("column.subject")}
            most={SUBJECT_MOST}
            value={subject}
            onChange={setSubject}
          />
          <ReasonField
            pointer="/text"
            label={t("new.text")}
            least={1}
            most={WORDS_MOST}
            value={text}
            onChange={setText}
          />
        </Form>
      </Panel>
    </Page>
  );
}

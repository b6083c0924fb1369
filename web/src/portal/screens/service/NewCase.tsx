// Bringing something to the desk: what it is about, in one's own words.

import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { RENEWS, SUBJECT_MOST, WORDS_MOST, type DeskKind } from "../../../cases/cases";
import { useToast } from "../../../parts/act/toasts";
import { ChoiceField, DecimalField, ReasonField, TextField } from "../../../parts/form/fields";
import { Form } from "../../../parts/form/Form";
import { Page } from "../../../parts/frame/Page";
import { Panel } from "../../../parts/frame/Panel";
import { newKey } from "../../../wire/client";
import { useAct, useList } from "../../../wire/queries";
import { useTexts } from "./texts";

/** Of a unit as much as is needed to choose one; whole it is said by who shows it whole. */
interface UnitName {
  unit_id: string;
  name?: string;
}

export function NewCase({ kind }: { kind: DeskKind }) {
  const { t } = useTexts();
  const toast = useToast();
  const navigate = useNavigate();
  // One for the form: sent twice it is one case.
  const [client_case_id] = useState(newKey);
  const [unit, setUnit] = useState("");
  const [subject, setSubject] = useState("");
  const [text, setText] = useState("");
  const [power, setPower] = useState("");
  const [place, setPlace] = useState("");
  const open = useAct("post", "/v1/markets/{market}/cases", RENEWS);
  const units = useList("/v1/markets/{market}/units", { when: kind !== "connection" });
  const applies = kind === "connection";
  const send = async () => {
    const answer = await open.act({
      body: {
        kind,
        client_case_id,
        subject: subject.trim(),
        text: text.trim(),
        ...(unit === "" ? {} : { unit_id: unit }),
        ...(applies ? { details: { power_kw: power, place: place.trim() } } : {}),
      },
    });
    if (!answer.ok) return;
    toast(t("sent"));
    void navigate(`/service/${encodeURIComponent(answer.value.case_id)}`);
  };
  return (
    <Page
      title={t(`bring_kind.${kind}`)}
      description={t("promise")}
      before={<Link to="/service">{t("back")}</Link>}
    >
      <Panel title={t("tell")}>
        {kind === "fault_report" && <p className="service-danger">{t("danger")}</p>}
        <Form
          label={t(`bring_kind.${kind}`)}
          problem={open.problem}
          busy={open.busy}
          submit={t("send")}
          onSubmit={() => void send()}
          onCancel={() => void navigate("/service")}
        >
          {applies ? (
            <>
              <DecimalField
                pointer="/details/power_kw"
                label={t("power")}
                note={t("power_note")}
                unit={t("unit.kw")}
                min="0.001"
                step="0.001"
                value={power}
                onChange={setPower}
              />
              <TextField
                pointer="/details/place"
                label={t("place")}
                most={SUBJECT_MOST}
                value={place}
                onChange={setPlace}
              />
            </>
          ) : (
            <ChoiceField
              pointer="/unit_id"
              label={t("device")}
              note={t("device_note")}
              optional
              value={unit}
              onChange={setUnit}
              options={(units.items as UnitName[]).map(({ unit_id, name }) => ({
                value: unit_id,
                text: name ?? unit_id,
              }))}
            />
          )}
          <TextField
            pointer="/subject"
            label={t("subject")}
            note={t("subject_note")}
            most={SUBJECT_MOST}
            value={subject}
            onChange={setSubject}
          />
          <ReasonField
            pointer="/text"
            label={t("text")}
            note={t(`text_note.${kind}`)}
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

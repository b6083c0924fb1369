// One alarm: what it was told with, who took it on, what they noted; and what can be done about it.

import { useState } from "react";
import { Link } from "react-router";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { Button } from "../../../parts/Button";
import { useDraft } from "../../../parts/form/draft";
import { Form } from "../../../parts/form/Form";
import { TextField } from "../../../parts/form/fields";
import { Facts, type Fact } from "../../../parts/frame/Figures";
import { Ago, Time } from "../../../parts/text/When";
import { useAct } from "../../../wire/queries";
import type { Alarm } from "../../alarms";
import type en from "../../../locales/en/alarms.json";
import { word } from "../../../language/words";
import { useTexts } from "./texts";
import "./alarms.css";

const RENEWS = { renews: ["/v1/markets/{market}/alarms"] } as const;
/** Kinds this page can explain: all of them, as a test of the house sees to. */
type Kind = keyof typeof en.meaning;

const COMMENT_MOST = 200;

export function AlarmDetails({ alarm, now }: { alarm: Alarm; now: number | undefined }) {
  const { t } = useTexts();
  const facts: Fact[] = [
    {
      label: t("column.raised"),
      value: <Time at={alarm.raised_at} day seconds />,
      note: now === undefined ? alarm.raised_by : <Ago at={alarm.raised_at} now={now} />,
    },
    { label: t("raised_by"), value: alarm.raised_by ?? t("the_market") },
    ...Object.entries(alarm.parameters).map(([label, value]) => ({ label, value })),
  ];
  if (alarm.acknowledged_at !== null) {
    facts.push({
      label: t("state.acknowledged"),
      value: <Time at={alarm.acknowledged_at} day seconds />,
      note: alarm.acknowledged_by,
    });
  }
  if (alarm.closed_at !== null) {
    facts.push({
      label: t("state.closed"),
      value: <Time at={alarm.closed_at} day seconds />,
      note: alarm.closed_by,
    });
  }
  return (
    <div className="alarm-details">
      <div>
        <p className="alarm-meaning">{t(`meaning.${alarm.kind as Kind}`)}</p>
        <Facts facts={facts} />
        {alarm.level !== "market" && (
          <Link to={`/grid?member=${encodeURIComponent(alarm.member_id)}`}>{t("to_member")}</Link>
        )}
      </div>
      <div>
        <ol className="alarm-comments" aria-label={t("comments")}>
          {alarm.comments.map(({ by, at, text }) => (
            <li key={`${at} ${by} ${text}`}>
              <span>{text}</span>
              <small>
                {by}, <Time at={at} day />
              </small>
            </li>
          ))}
          {alarm.comments.length === 0 && <li className="alarm-none">{t("no_comments")}</li>}
        </ol>
        {alarm.state !== "closed" && <Acts alarm={alarm} />}
      </div>
    </div>
  );
}

function Acts({ alarm }: { alarm: Alarm }) {
  const { t } = useTexts();
  const toast = useToast();
  const { text, write, arrived } = useDraft();
  const [closing, setClosing] = useState(false);
  const params = { alarm_id: alarm.alarm_id };
  const comment = useAct("post", "/v1/markets/{market}/alarms/{alarm_id}:comment", RENEWS);
  const acknowledge = useAct("post", "/v1/markets/{market}/alarms/{alarm_id}:acknowledge", RENEWS);
  const close = useAct("post", "/v1/markets/{market}/alarms/{alarm_id}:close", RENEWS);

  const note = async () => {
    const answer = await comment.act({ params, body: { text: text.trim() } });
    if (answer.ok) arrived(text);
  };
  const take = async () => {
    const answer = await acknowledge.act({ params });
    if (!answer.ok) toast(t("not_done", { code: answer.problem.code }), "bad");
  };
  const end = async () => {
    const answer = await close.act({ params });
    if (answer.ok) setClosing(false);
  };
  return (
    <>
      <Form
        label={t("comment")}
        submit={t("comment_send")}
        busy={comment.busy}
        problem={comment.problem}
        onSubmit={() => void note()}
      >
        <TextField
          pointer="/text"
          label={t("comment")}
          most={COMMENT_MOST}
          value={text}
          onChange={write}
        />
      </Form>
      <div className="alarm-acts">
        {alarm.state === "open" && (
          <Button kind="main" onPress={() => void take()} isDisabled={acknowledge.busy}>
            {t("acknowledge")}
          </Button>
        )}
        <Button onPress={() => setClosing(true)}>{t("close")}</Button>
      </div>
      <ConfirmAct
        open={closing}
        title={t("close_title", { kind: word(t, "alarm", alarm.kind), member: alarm.member_id })}
        consequence={t("close_consequence")}
        act={t("close")}
        reason="none"
        danger={false}
        busy={close.busy}
        problem={close.problem}
        onConfirm={() => void end()}
        onClose={() => setClosing(false)}
      />
    </>
  );
}

// How one was served: 1 to 5, and a word.

import { useState } from "react";
import { RENEWS, SUBJECT_MOST, type Case } from "../../../cases/cases";
import { useToast } from "../../../parts/act/toasts";
import { RadioCards, TextField } from "../../../parts/form/fields";
import { Form } from "../../../parts/form/Form";
import { Panel } from "../../../parts/frame/Panel";
import { useAct } from "../../../wire/queries";
import { useTexts } from "./texts";

const RATINGS = [1, 2, 3, 4, 5] as const;

export function Rate({ item }: { item: Case }) {
  const { t } = useTexts();
  const toast = useToast();
  const [rating, choose] = useState(item.rating === null ? "" : String(item.rating));
  const [text, setText] = useState(item.rating_text ?? "");
  const { act, busy, problem } = useAct(
    "post",
    "/v1/markets/{market}/cases/{case_id}:rate",
    RENEWS,
  );
  const send = async () => {
    const answer = await act({
      params: { case_id: item.case_id },
      body: { rating: Number(rating), text: text.trim() },
    });
    if (answer.ok) toast(t("rate.thanks"));
  };
  return (
    <Panel title={t(item.rating === null ? "rate.title" : "rate.again")}>
      <Form
        label={t("rate.title")}
        problem={problem}
        busy={busy}
        submit={t("rate.act")}
        onSubmit={() => void send()}
      >
        <RadioCards
          pointer="/rating"
          label={t("rate.how")}
          value={rating}
          onChange={choose}
          cards={RATINGS.map((value) => ({
            value: String(value),
            text: `${value} ${"★".repeat(value)}`,
            note: t(`rate.word.${value}`),
          }))}
        />
        <TextField
          pointer="/text"
          label={t("rate.why")}
          optional
          most={SUBJECT_MOST}
          value={text}
          onChange={setText}
        />
      </Form>
    </Panel>
  );
}

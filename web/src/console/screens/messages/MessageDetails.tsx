// One message: what it says in each language, who has read it, and taking it back.

import { useState } from "react";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { Button } from "../../../parts/Button";
import { Facts } from "../../../parts/frame/Figures";
import { Failed, Loading } from "../../../parts/state/states";
import { Time } from "../../../parts/text/When";
import { useAct, useList } from "../../../wire/queries";
import { textIn, type Message } from "./messages";
import { Preview } from "./Preview";
import { targetWord } from "./target";
import { useTexts } from "./texts";

export function MessageDetails({ message }: { message: Message }) {
  const { t, format, language } = useTexts();
  const toast = useToast();
  const [asking, ask] = useState(false);
  const withdraw = useAct("post", "/v1/markets/{market}/messages/{message_id}:withdraw", {
    renews: ["/v1/markets/{market}/messages"],
  });
  const title = textIn(message, language)?.title ?? "";
  const confirm = async () => {
    const answer = await withdraw.act({ params: { message_id: message.message_id } });
    if (!answer.ok) return;
    ask(false);
    toast(t("withdraw.done", { title }));
  };
  return (
    <div className="ms-details">
      <Preview texts={message.texts} severity={message.severity} />
      <div>
        <Facts
          facts={[
            { label: t("column.target"), value: targetWord(t, message.target) },
            {
              label: t("written"),
              value: <Time at={message.written_at} day seconds />,
              note: message.written_by,
            },
            { label: t("column.publish"), value: <Time at={message.publish_at} day seconds /> },
            ...(message.withdrawn_at === null
              ? []
              : [
                  {
                    label: t("state.withdrawn"),
                    value: <Time at={message.withdrawn_at} day seconds />,
                  },
                ]),
          ]}
        />
        {message.state !== "withdrawn" && (
          <p>
            <Button kind="danger" onPress={() => ask(true)}>
              {t("withdraw.act")}
            </Button>
          </p>
        )}
      </div>
      {message.recipients !== null && <Readers message={message} />}
      <ConfirmAct
        open={asking}
        title={t("withdraw.title", { title })}
        consequence={
          message.recipients === null
            ? t("withdraw.unsent")
            : t("withdraw.sent", {
                recipients: format.whole(message.recipients),
                read: format.whole(message.read),
              })
        }
        act={t("withdraw.act")}
        reason="none"
        busy={withdraw.busy}
        problem={withdraw.problem}
        onConfirm={() => void confirm()}
        onClose={() => ask(false)}
      />
    </div>
  );
}

function Readers({ message }: { message: Message }) {
  const { t, format } = useTexts();
  const readers = useList("/v1/markets/{market}/messages/{message_id}/readers", {
    params: { message_id: message.message_id },
  });
  if (readers.state === "loading") return <Loading rows={2} />;
  return (
    <div>
      <h3>
        {t("readers.title", {
          read: format.whole(message.read),
          recipients: format.whole(message.recipients),
        })}
      </h3>
      {readers.problem ? (
        <Failed
          code={readers.problem.code}
          traceId={readers.problem.traceId}
          onAgain={readers.again}
        />
      ) : readers.items.length === 0 ? (
        <p>{t("readers.none")}</p>
      ) : (
        <ul className="ms-readers">
          {readers.items.map(({ participant_id, read_at }) => (
            <li key={participant_id}>
              <b>{participant_id}</b> <Time at={read_at} day />
            </li>
          ))}
        </ul>
      )}
      {readers.more && <Button onPress={readers.fetchMore}>{t("readers.more")}</Button>}
    </div>
  );
}

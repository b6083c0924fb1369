// The proof of the journal's chain, when somebody asks for it: links and bytes, batch after batch.

import { useEffect, useRef, useState } from "react";
import { Button } from "../../../parts/Button";
import { Facts } from "../../../parts/frame/Figures";
import { Panel } from "../../../parts/frame/Panel";
import { Failed } from "../../../parts/state/states";
import { State } from "../../../parts/text/State";
import { useAct } from "../../../wire/queries";
import { proceed, UNPROVEN, type Proven } from "./audit";
import { useTexts } from "./texts";

export function Chain() {
  const { t, format } = useTexts();
  const verify = useAct("post", "/v1/markets/{market}/audit:verify");
  const [proven, show] = useState<Proven | null>(null);
  const [running, run] = useState(false);
  const wanted = useRef(false);
  // Whoever leaves the page wants to know no more.
  useEffect(() => () => void (wanted.current = false), []);

  const prove = async () => {
    wanted.current = true;
    run(true);
    let so_far = UNPROVEN;
    let after: number | null = 0;
    show(so_far);
    while (after !== null && wanted.current) {
      const answer: Awaited<ReturnType<typeof verify.act>> = await verify.act({
        body: { after_batch: after },
      });
      if (!answer.ok) break;
      so_far = proceed(so_far, answer.value);
      after = so_far.state === "going" ? answer.value.next_after_batch : null;
      if (wanted.current) show(so_far);
    }
    run(false);
  };
  const stop = () => {
    wanted.current = false;
  };
  const { problem } = verify;
  return (
    <Panel
      title={t("chain.title")}
      note={t("chain.note")}
      tone={proven?.state === "broken" ? "bad" : "plain"}
      tools={
        running ? (
          <Button onPress={stop}>{t("chain.stop")}</Button>
        ) : (
          <Button kind="main" onPress={() => void prove()}>
            {t("chain.prove")}
          </Button>
        )
      }
    >
      <div className="au-chain" aria-live="polite">
        {problem !== null && !running && (
          <Failed code={problem.code} traceId={problem.traceId} onAgain={() => void prove()} />
        )}
        {proven === null ? (
          <p className="au-note">{t("chain.about")}</p>
        ) : (
          <>
            <State
              tone={
                proven.state === "proven" ? "good" : proven.state === "broken" ? "bad" : "accent"
              }
            >
              {t(
                proven.state === "going" && !running
                  ? "chain_state.ended"
                  : `chain_state.${proven.state}`,
              )}
            </State>
            {proven.fault !== null && (
              <p>
                {t("chain.fault", { batch: format.whole(proven.batch) })}{" "}
                <code>{proven.fault}</code>
              </p>
            )}
            <Facts
              wide
              facts={[
                { label: t("chain.batches"), value: format.whole(proven.batch) },
                { label: t("chain.commands"), value: format.whole(proven.commands) },
                { label: t("chain.facts"), value: format.whole(proven.events) },
                {
                  label: t("chain.hash"),
                  value: <code className="au-hash">{proven.hash ?? "–"}</code>,
                },
              ]}
            />
          </>
        )}
      </div>
    </Panel>
  );
}

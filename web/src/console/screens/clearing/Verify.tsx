// The proof on demand: the book is brought back from the journal, solved and audited again, and what comes
// out is held against what was published. Nothing is changed by it.

import { useState } from "react";
import { Button } from "../../../parts/Button";
import { Icon } from "../../../parts/icons";
import { Panel } from "../../../parts/frame/Panel";
import { Failed, Forbidden, Loading } from "../../../parts/state/states";
import type { Problem } from "../../../wire/client";
import { useDesk } from "../../../wire/desk";
import type { ClearingRun } from "../../wire";
import { Hash } from "./Hash";
import { checks, type Check, type Verdict } from "./runs";
import { useTexts, type Key } from "./texts";

const VERIFY = "/v1/markets/{market}/clearing-runs/{run_id}:verify";
/** A long journal takes its time; the server gives up before this. */
const PATIENCE_MS = 310_000;

type Standing =
  | { state: "idle" | "busy" }
  | { state: "refused"; problem: Problem }
  | { state: "told"; verdict: Verdict };

export function Verify({ run, operator }: { run: ClearingRun; operator: boolean }) {
  const { t, format } = useTexts();
  const desk = useDesk();
  const [standing, stand] = useState<Standing>({ state: "idle" });
  const verify = async () => {
    stand({ state: "busy" });
    const answer = await desk.act<Verdict>("post", VERIFY, {
      params: { market: desk.market, run_id: run.run_id },
      body: {},
      patienceMs: PATIENCE_MS,
    });
    stand(
      answer.ok
        ? { state: "told", verdict: answer.value }
        : { state: "refused", problem: answer.problem },
    );
  };
  if (!operator) {
    return (
      <Panel title={t("verify.title")}>
        <Forbidden>{t("verify.forbidden")}</Forbidden>
      </Panel>
    );
  }
  const told = standing.state === "told" ? standing.verdict : null;
  const took = told?.took_ms;
  return (
    <Panel
      title={t("verify.title")}
      tone={told !== null && !told.verified ? "bad" : "plain"}
      {...(took === undefined ? {} : { note: t("verify.took", { ms: format.whole(took) }) })}
      tools={
        <Button
          kind="main"
          icon="again"
          isDisabled={standing.state === "busy"}
          onPress={() => void verify()}
        >
          {t(told === null ? "verify.now" : "verify.again")}
        </Button>
      }
    >
      <div aria-live="polite">
        {standing.state === "idle" && <p className="cr-about">{t("verify.about")}</p>}
        {standing.state === "busy" && (
          <>
            <p className="cr-about">{t("verify.busy")}</p>
            <Loading rows={4} />
          </>
        )}
        {standing.state === "refused" && (
          <Failed {...standing.problem} onAgain={() => void verify()} />
        )}
        {told !== null && <Told verdict={told} />}
      </div>
    </Panel>
  );
}

const SHAPES = { good: "p-good", bad: "p-bad", unknown: "p-unknown" } as const;

function Told({ verdict }: { verdict: Verdict }) {
  const { t } = useTexts();
  return (
    <ol className="cr-checks" aria-label={t("verify.steps")}>
      {checks(verdict).map((check) => {
        const { key, passed } = check;
        const shape = passed === null ? "unknown" : passed ? "good" : "bad";
        const word = passed === null ? "skipped" : passed ? "passed" : "failed";
        return (
          <li key={key} className={SHAPES[shape]} data-check={key} data-passed={String(passed)}>
            <Icon name={shape} />
            <div>
              <b>{t(`verify.${key}`)}</b>{" "}
              <span>
                {t(passed === null ? "verify.skipped" : (`verify.${key}_${word}` as Key))}
              </span>
              <Details check={check} verdict={verdict} />
            </div>
          </li>
        );
      })}
    </ol>
  );
}

function Details({ check, verdict }: { check: Check; verdict: Verdict }) {
  const { t } = useTexts();
  const { key, faults } = check;
  const { input_hash, receipt_hash, receipt_hash_stated, rung, rung_stated } = verdict;
  return (
    <>
      {key === "input" && input_hash && <Hash label={t("verify.input_hash")} value={input_hash} />}
      {key === "solve" && rung !== undefined && rung_stated !== undefined && (
        <p className="cr-hash">
          <span>{t("verify.stated")}</span> {t(`rung.${rung_stated}` as Key)}
          {" · "}
          <span>{t("verify.found")}</span> {t(`rung.${rung}` as Key)}
        </p>
      )}
      {key === "compare" && receipt_hash && receipt_hash_stated && (
        <>
          <Hash label={t("verify.stated")} value={receipt_hash_stated} />
          <Hash label={t("verify.found")} value={receipt_hash} />
        </>
      )}
      {key === "verdict" && verdict.reproducible === false && (
        <p className="cr-hash">{t("verify.by_time")}</p>
      )}
      {faults.length > 0 && (
        <ul className="cr-faults">
          {faults.map((fault) => (
            <li key={fault}>
              <code>{fault}</code>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

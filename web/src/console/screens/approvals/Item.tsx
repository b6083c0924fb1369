// One proposal: what it is, who says so and why, now and afterwards, and the second word.

import { useState } from "react";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { Button } from "../../../parts/Button";
import { remaining } from "../../../parts/frame/Timeline";
import { Badge, Id, State } from "../../../parts/text/State";
import { Time } from "../../../parts/text/When";
import { useSession } from "../../../shell/session";
import type { Method, Problem } from "../../../wire/client";
import { useDesk } from "../../../wire/desk";
import { useRenew } from "../../../wire/queries";
import { APPROVALS, type Approval } from "../../approvals";
import { isPressing, matterOf } from "./change";
import { ChangeTable } from "./ChangeTable";
import { useTitle } from "./title";
import { useTexts } from "./texts";

interface Props {
  approval: Approval;
  names: ReadonlyMap<string, string>;
  /** Market time, ms; null: not known. */
  now: number | null;
}

export function Item({ approval, names, now }: Props) {
  const { t } = useTexts();
  const { session } = useSession();
  const title = useTitle(approval);
  const [asking, ask] = useState(false);
  const leftMs = now === null ? null : Date.parse(approval.until) - now;
  const pressing = leftMs !== null && isPressing(leftMs);
  const by = approval.proposed_by;
  const name = approval.own ? session?.name : names.get(by);
  return (
    <li className="ap-item" data-own={approval.own} data-pressing={pressing && !approval.own}>
      <header className="ap-head">
        <h3>{title}</h3>
        <Badge tone="accent">{t(`kind.${approval.kind}`)}</Badge>
      </header>
      <p className="ap-who">
        {approval.own ? (
          <b>{t("item.by_you")}</b>
        ) : (
          <>
            {t("item.by")} <b>{name ?? <Id value={by} letters={32} />}</b>
          </>
        )}
        , <Time at={approval.proposed_at} day seconds />
      </p>
      <blockquote className="ap-reason">
        {approval.reason ?? <span className="ap-none">{t("item.no_reason")}</span>}
      </blockquote>
      <ChangeTable matter={matterOf(approval)} label={title} />
      <footer className="ap-foot">
        <span className="ap-until">
          <State tone={pressing ? "warning" : "unknown"} icon="waiting">
            {t("item.until")} <Time at={approval.until} seconds />
            {leftMs !== null && (
              <span role="timer" className="ap-left">
                {remaining(leftMs)}
              </span>
            )}
          </State>
        </span>
        {approval.own ? (
          <span className="ap-own">{t("item.own")}</span>
        ) : (
          <Button kind="main" onPress={() => ask(true)}>
            {t("agree.open")}
          </Button>
        )}
      </footer>
      {asking && <Agree approval={approval} title={title} onClose={() => ask(false)} />}
    </li>
  );
}

/** The second word: what happens by it stands there once more. */
function Agree({
  approval,
  title,
  onClose,
}: {
  approval: Approval;
  title: string;
  onClose(): void;
}) {
  const { t } = useTexts();
  const desk = useDesk();
  const renew = useRenew();
  const toast = useToast();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const agree = async () => {
    setBusy(true);
    const { method, path, body } = approval.approve;
    const answer = await desk.act(method.toLowerCase() as Method, path, { body });
    setBusy(false);
    if (!answer.ok) {
      setProblem(answer.problem);
      return;
    }
    toast(t("agree.done", { title }));
    renew(APPROVALS);
    onClose();
  };
  return (
    <ConfirmAct
      open
      title={t("agree.title")}
      consequence={
        <>
          <p className="ap-sentence">{title}</p>
          <ChangeTable matter={matterOf(approval)} label={title} brief />
          <p className="ap-sentence">{t("agree.consequence")}</p>
        </>
      }
      act={t("agree.act")}
      reason="none"
      busy={busy}
      problem={problem}
      onConfirm={() => void agree()}
      onClose={onClose}
    />
  );
}

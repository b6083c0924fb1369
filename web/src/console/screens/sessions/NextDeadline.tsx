// The next deadline, how long until then, and what has to be decided if it is missed.

import { Panel } from "../../../parts/frame/Panel";
import { remaining } from "../../../parts/frame/Timeline";
import { Empty, Loading } from "../../../parts/state/states";
import { Badge } from "../../../parts/text/State";
import { Interval, Time } from "../../../parts/text/When";
import type { Session } from "../../wire";
import { GRACE_MS, type Deadline } from "./calendar";
import { useTexts } from "./texts";

interface Props {
  loading: boolean;
  /** Soonest first. */
  due: readonly Deadline[];
  nowMs: number;
  onOpen(session: Session): void;
}

export function NextDeadline({ loading, due, nowMs, onOpen }: Props) {
  const { t } = useTexts();
  const [first, ...rest] = due;
  if (first === undefined) {
    return (
      <Panel title={t("next.title")}>
        {loading ? (
          <Loading rows={2} />
        ) : (
          <Empty title={t("next.none")}>{t("next.none_text")}</Empty>
        )}
      </Panel>
    );
  }
  const late = nowMs - first.dueMs > GRACE_MS;
  return (
    <Panel
      title={t("next.title")}
      tone={late ? "bad" : "plain"}
      {...(late ? { note: <Badge tone="bad">{t("mark.overdue")}</Badge> } : {})}
    >
      <div className="ss-next">
        <div className="ss-first">
          <p className="ss-countdown" role="timer" data-late={late}>
            {remaining(first.dueMs - nowMs)}
          </p>
          <p className="ss-what">
            <b>{t(`step.${first.step}`)}</b> <Time at={first.dueMs} seconds />
            <br />
            {t("next.delivery")} <SessionLink deadline={first} onOpen={onOpen} />
          </p>
        </div>
        <div className="ss-missed">
          <h3>{t(late ? "next.decide_now" : "next.if_missed")}</h3>
          <p>{t(`decision.${first.step}`)}</p>
        </div>
        {rest.length > 0 && (
          <dl className="ss-rest">
            {rest.map((each) => (
              <div key={each.step}>
                <dt>{t(`step.${each.step}`)}</dt>
                <dd>
                  {remaining(each.dueMs - nowMs)} <SessionLink deadline={each} onOpen={onOpen} />
                </dd>
              </div>
            ))}
          </dl>
        )}
      </div>
    </Panel>
  );
}

function SessionLink({ deadline, onOpen }: { deadline: Deadline; onOpen(session: Session): void }) {
  const { session } = deadline;
  return (
    <button type="button" className="ss-link" onClick={() => onOpen(session)}>
      <Interval start={session.start} end={session.end} />
    </button>
  );
}

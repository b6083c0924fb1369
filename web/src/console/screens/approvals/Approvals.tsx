// Approvals: what one operator has proposed and another one has to agree to, what lapses first first.

import { Empty, Failed, Loading, Stale } from "../../../parts/state/states";
import { Figure, Tiles } from "../../../parts/frame/Figures";
import { Page } from "../../../parts/frame/Page";
import { remaining } from "../../../parts/frame/Timeline";
import { Panel } from "../../../parts/frame/Panel";
import { useLive } from "../../../shell/live";
import { useMarketNow } from "../../place";
import { useApprovals, useNames, type Approval } from "../../approvals";
import { isPressing, queueOf } from "./change";
import { Item } from "./Item";
import { useTexts } from "./texts";
import "./approvals.css";

export default function Approvals() {
  const { t, format } = useTexts();
  const { live, sinceMs } = useLive();
  const now = useMarketNow();
  const waiting = useApprovals();
  const names = useNames();
  const { others, own } = queueOf(waiting.items, now);
  const [first] = others;
  const firstLeft = first && now !== null ? Date.parse(first.until) - now : null;
  const items = (list: readonly Approval[]) => (
    <ul className="ap-list">
      {list.map((each) => (
        <Item key={each.approval_id} approval={each} names={names} now={now} />
      ))}
    </ul>
  );
  return (
    <Page title={t("nav.approvals")} description={t("about")}>
      {waiting.state === "loading" ? (
        <Loading rows={4} />
      ) : waiting.state === "failed" ? (
        <Failed
          code={waiting.problem?.code ?? "UNREACHABLE"}
          traceId={waiting.problem?.traceId}
          onAgain={waiting.again}
        />
      ) : (
        <Stale stale={!live} since={sinceMs}>
          <div className="ap-all">
            <Tiles label={t("tile.label")}>
              <Figure
                label={t("tile.others")}
                {...(others.length > 0 ? { tone: "accent" as const } : {})}
                note={others.length > 0 ? t("tile.others_note") : t("tile.none")}
              >
                {format.whole(others.length)}
              </Figure>
              <Figure
                label={t("tile.next")}
                {...(firstLeft !== null && isPressing(firstLeft)
                  ? { tone: "warning" as const }
                  : {})}
                note={first ? t(`kind.${first.kind}`) : t("tile.none")}
              >
                {firstLeft === null ? "–" : remaining(firstLeft)}
              </Figure>
              <Figure label={t("tile.own")} note={t("tile.own_note")}>
                {format.whole(own.length)}
              </Figure>
            </Tiles>
            <Panel title={t("others.title")} note={t("others.note")}>
              {others.length === 0 ? (
                <Empty title={t("others.none")}>{t("others.none_text")}</Empty>
              ) : (
                items(others)
              )}
            </Panel>
            {own.length > 0 && (
              <Panel title={t("own.title")} note={t("own.note")}>
                {items(own)}
              </Panel>
            )}
          </div>
        </Stale>
      )}
    </Page>
  );
}

// The steps of one call against their times: opened, gate, cleared.

import { useRead } from "../../../wire/queries";
import { Panel } from "../../../parts/frame/Panel";
import { Timeline } from "../../../parts/frame/Timeline";
import { Failed, Loading } from "../../../parts/state/states";
import { useMarketNow } from "../../place";
import type { CallKind, ClearingRun } from "../../wire";
import { useTexts, type Key } from "./texts";

const STEPS: Record<CallKind, readonly string[]> = {
  day_ahead: ["open_day_ahead", "close_day_ahead", "clear_day_ahead"],
  closing: ["open_call", "close_gate", "clear", "end_delivery", "settle"],
};

export function Phases({ run }: { run: ClearingRun }) {
  const { t, format } = useTexts();
  const now = useMarketNow();
  const found = useRead("/v1/markets/{market}/sessions/timeline", {
    query: { start: run.start, call: run.call },
  });
  const told = found.value;
  return (
    <Panel title={t("phases.title")} foot={t("phases.foot")}>
      {told === undefined ? (
        found.problem === null ? (
          <Loading />
        ) : (
          <Failed {...found.problem} onAgain={found.again} />
        )
      ) : (
        <Timeline
          label={t("phases.title")}
          now={now ?? Date.parse(run.end)}
          events={STEPS[run.call].flatMap((what) => {
            const due = told.deadlines.find((each) => each.what === what);
            if (due === undefined) return [];
            const step = told.steps.find((each) => each.what === what);
            return [
              {
                ...{ key: what, title: t(`phases.${what}` as Key), at: step?.at ?? null },
                deadline: due.at,
                ...(what === "clear" || what === "clear_day_ahead"
                  ? { note: t("phases.solved", { ms: format.whole(run.solve_ms) }) }
                  : {}),
              },
            ];
          })}
        />
      )}
    </Panel>
  );
}

// One run: what was asked, how it ended, what held it back, and the proof.

import { Link } from "react-router";
import { useSession } from "../../../shell/session";
import { Button } from "../../../parts/Button";
import { Facts, Figure, Gauge, Tiles } from "../../../parts/frame/Figures";
import { Page, Split } from "../../../parts/frame/Page";
import { Panel } from "../../../parts/frame/Panel";
import { Failed, Loading } from "../../../parts/state/states";
import { Money } from "../../../parts/text/Quantity";
import { State } from "../../../parts/text/State";
import { useList, useRead } from "../../../wire/queries";
import type { Market } from "../../../wire/types";
import { marketDate, spanOf, type Move } from "../../place";
import type { ClearingRun } from "../../wire";
import { Hash } from "./Hash";
import { Limits } from "./Limits";
import { Phases } from "./Phases";
import { RUNS } from "./RunList";
import { neighbours, reached, startOf, toneOf } from "./runs";
import { useTexts, type Key } from "./texts";
import { Verify } from "./Verify";

interface Props {
  market: Market;
  runId: string;
  move: Move<"day" | "run">;
}

export function RunDetail({ market, runId, move }: Props) {
  const { t } = useTexts();
  const found = useRead("/v1/markets/{market}/clearing-runs/{run_id}", {
    params: { run_id: runId },
  });
  const run = found.value;
  const startMs = startOf(runId);
  const back = () =>
    move({ run: null, day: startMs === null ? null : marketDate(startMs, market) });
  const before = (
    <span className="cr-way">
      <Button kind="quiet" icon="back" onPress={back}>
        {t("detail.back")}
      </Button>
      {run && <Way market={market} run={run} move={move} />}
    </span>
  );
  if (run === undefined) {
    return (
      <Page title={t("detail.title")} before={before}>
        {found.problem === null ? (
          <Loading shape="tiles" />
        ) : (
          <Failed {...found.problem} onAgain={found.again} />
        )}
      </Page>
    );
  }
  return <Detail key={runId} market={market} run={run} before={before} />;
}

function Detail({
  market,
  run,
  before,
}: {
  market: Market;
  run: ClearingRun;
  before: React.ReactNode;
}) {
  const { t, format } = useTexts();
  const { session } = useSession();
  const { currency } = market;
  const day = marketDate(Date.parse(run.start), market);
  const span = `${format.day(run.start)}, ${format.interval(run.start, run.end)}`;
  const rung = t(`rung.${run.rung}` as Key);
  const operator = session?.role === "operator";
  return (
    <Page
      title={t("detail.of", { call: t(`call.${run.call}`), span })}
      before={before}
      actions={
        <span className="cr-links">
          <Link to={curvesPath(run, day)}>{t("detail.to_curves")}</Link>
          <Link to={`/sessions?${new URLSearchParams({ day, start: run.start })}`}>
            {t("detail.to_session")}
          </Link>
        </span>
      }
    >
      <Tiles label={t("detail.title")}>
        <Figure
          label={t("column.rung")}
          tone={toneOf(run.rung)}
          state={<State tone={toneOf(run.rung)}>{t(`rung_means.${run.rung}` as Key)}</State>}
        >
          {rung}
        </Figure>
        <Figure
          label={t("column.gap")}
          note={<Money amount={run.gap} currency={currency} places={8} />}
        >
          {format.share(run.gap_ppm, 4)}
        </Figure>
        <Figure label={t("column.solve")}>
          {format.whole(run.solve_ms)}
          <span className="p-unit"> {t("unit.ms")}</span>
        </Figure>
        <Figure
          label={t("column.audit")}
          tone={run.audit_faults.length > 0 ? "bad" : "good"}
          state={
            <State tone={run.audit_faults.length > 0 ? "bad" : "good"}>
              {t(run.audit_faults.length > 0 ? "tile.faults_some" : "tile.faults_none")}
            </State>
          }
        >
          {format.whole(run.audit_faults.length)}
        </Figure>
      </Tiles>
      {run.audit_faults.length > 0 && (
        <Panel title={t("detail.faults")} tone="bad">
          <ul className="cr-faults">
            {run.audit_faults.map((fault) => (
              <li key={fault}>
                <code>{fault}</code>
              </li>
            ))}
          </ul>
        </Panel>
      )}
      <Split percent={42} aside={operator && <Phases run={run} />}>
        <Verify run={run} operator={operator} />
        <Panel title={t("detail.result")}>
          <Gauge label={t("detail.reached")} percent={reached(run.welfare, run.upper_bound)}>
            {format.exact(String(reached(run.welfare, run.upper_bound)), 4)} %
          </Gauge>
          <Facts
            wide
            facts={[
              {
                label: t("column.welfare"),
                value: <Money amount={run.welfare} currency={currency} places={8} />,
                note: t("detail.welfare_note"),
              },
              {
                label: t("column.bound"),
                value: <Money amount={run.upper_bound} currency={currency} places={8} />,
                note: t("detail.bound_note"),
              },
              { label: t("column.intervals"), value: format.whole(run.intervals) },
              {
                label: t("detail.reproducible"),
                value: t(run.reproducible ? "detail.yes" : "detail.no"),
                note: t(run.reproducible ? "detail.yes_note" : "detail.no_note"),
              },
            ]}
          />
          <Hash label={t("column.receipt")} value={run.receipt_hash} />
        </Panel>
        <Limits market={market} run={run} />
      </Split>
    </Page>
  );
}

const curvesPath = (run: ClearingRun, day: string) =>
  `/curves?${new URLSearchParams({ day, start: run.start, call: run.call })}`;

/** To the runs before and after this one. */
function Way({ market, run, move }: { market: Market; run: ClearingRun; move: Props["move"] }) {
  const { t } = useTexts();
  const span = spanOf(marketDate(Date.parse(run.start), market), market.time_zone);
  const runs = useList(RUNS, { query: { ...span, call: undefined }, all: true });
  const { earlier, later } = neighbours(runs.items, run);
  return (
    <>
      <Button
        kind="quiet"
        isDisabled={earlier === null}
        onPress={() => earlier !== null && move({ run: earlier })}
      >
        {t("detail.earlier")}
      </Button>
      <Button
        kind="quiet"
        isDisabled={later === null}
        onPress={() => later !== null && move({ run: later })}
      >
        {t("detail.later")}
      </Button>
    </>
  );
}

// The runs of a day: what is the matter first, then the day as a picture, then every run.

import { useMemo, useState } from "react";
import { useNews } from "../../../shell/live";
import { ChartPanel } from "../../../parts/chart/ChartPanel";
import { DayPicker } from "../../../parts/filter/DayPicker";
import { Choose, Filters } from "../../../parts/filter/Filters";
import { Figure, Tiles } from "../../../parts/frame/Figures";
import { Panel } from "../../../parts/frame/Panel";
import { Empty, Loading } from "../../../parts/state/states";
import { DataTable } from "../../../parts/table/DataTable";
import { State } from "../../../parts/text/State";
import { useList } from "../../../wire/queries";
import type { Market } from "../../../wire/types";
import { spanOf, tradedDays } from "../../place";
import type { ClearingRun } from "../../wire";
import { useRunColumns } from "./columns";
import { RUNG_MARKS, RunChart } from "./RunChart";
import { RUNGS, summary } from "./runs";
import { useTexts, type Key } from "./texts";

export const RUNS = "/v1/markets/{market}/clearing-runs";

interface Props {
  market: Market;
  day: string;
  onDay(day: string): void;
  onRun(runId: string): void;
}

export function RunList({ market, day, onDay, onRun }: Props) {
  const { t, format } = useTexts();
  const [call, choose] = useState<string | null>(null);
  const span = spanOf(day, market.time_zone);
  const runs = useList(RUNS, { query: { ...span, call: call ?? undefined }, all: true });
  useNews("market", market.market_id, RUNS);
  const columns = useRunColumns(market);
  const day_ = useMemo(() => runs.items.toSorted(byStart), [runs.items]);
  const failed =
    runs.problem === null ? {} : { failed: { ...runs.problem, onAgain: () => runs.again() } };
  const first = day_[0];
  const last = day_.at(-1);
  return (
    <>
      <Filters label={t("filter.label")}>
        <DayPicker label={t("filter.day")} value={day} {...tradedDays(market)} onChange={onDay} />
        {market.day_ahead != null && (
          <Choose
            label={t("column.call")}
            value={call}
            options={[
              { value: "closing", text: t("call.closing") },
              { value: "day_ahead", text: t("call.day_ahead") },
            ]}
            onChange={choose}
          />
        )}
      </Filters>
      {runs.state === "loading" ? (
        <Loading shape="tiles" />
      ) : (
        first !== undefined && <Summary runs={day_} onRun={onRun} />
      )}
      <ChartPanel<ClearingRun>
        name="clearing-chart"
        title={t("chart_runs")}
        legend={RUNGS.map((rung) => ({ key: rung, label: t(`rung.${rung}`), ...RUNG_MARKS[rung] }))}
        description={
          first === undefined || last === undefined
            ? t("runs.empty")
            : t("chart_text", {
                count: format.whole(day_.length),
                from: format.timeOfDay(first.start),
                to: format.timeOfDay(last.end),
              })
        }
        columns={columns}
        rows={day_}
        rowKey={(run) => run.run_id}
        state={runs.state}
        {...failed}
        empty={t("runs.empty_chart")}
        height={300}
      >
        <RunChart runs={day_} span={span} onPick={onRun} />
      </ChartPanel>
      <Panel title={t("runs.title")} note={t("runs.note")} flush>
        <DataTable<ClearingRun>
          name="clearing-runs"
          label={t("runs.title")}
          columns={columns}
          rows={runs.items}
          rowKey={(run) => run.run_id}
          sort={[{ id: "start", desc: true }]}
          state={runs.state}
          {...failed}
          empty={<Empty title={t("runs.empty")}>{t("runs.empty_text")}</Empty>}
          onOpen={(run) => onRun(run.run_id)}
          tone={(run) =>
            run.audit_faults.length > 0 || run.rung === "cancelled"
              ? "bad"
              : run.rung === "optimal"
                ? undefined
                : "warning"
          }
          height={460}
        />
      </Panel>
    </>
  );
}

const byStart = (a: ClearingRun, b: ClearingRun) => Date.parse(a.start) - Date.parse(b.start);

/** What is the matter, then how well and how fast. */
function Summary({ runs, onRun }: { runs: readonly ClearingRun[]; onRun(runId: string): void }) {
  const { t, format } = useTexts();
  const { lesser, slowest, widest, faulty, bound } = summary(runs);
  const worst = lesser[0]?.[0];
  const lessers = lesser.map(([, count]) => count).reduce((a, b) => a + b, 0);
  const link = (run: ClearingRun) => (
    <button type="button" className="cr-link" onClick={() => onRun(run.run_id)}>
      {format.interval(run.start, run.end)}
    </button>
  );
  return (
    <Tiles label={t("tile.label")}>
      <Figure
        label={t("tile.faults")}
        tone={faulty.length > 0 ? "bad" : "good"}
        state={
          <State tone={faulty.length > 0 ? "bad" : "good"}>
            {t(faulty.length > 0 ? "tile.faults_some" : "tile.faults_none")}
          </State>
        }
      >
        {format.whole(faulty.reduce((sum, run) => sum + run.audit_faults.length, 0))}
      </Figure>
      <Figure
        label={t("tile.lesser")}
        tone={worst === undefined ? "good" : worst === "cancelled" ? "bad" : "warning"}
        state={
          worst === undefined ? (
            <State tone="good">{t("tile.lesser_none")}</State>
          ) : (
            <State tone={worst === "cancelled" ? "bad" : "warning"}>
              {lesser
                .map(([rung, count]) => `${t(`rung.${rung}` as Key)} ${format.whole(count)}`)
                .join(", ")}
            </State>
          )
        }
      >
        {t("tile.of", { count: format.whole(lessers), total: format.whole(runs.length) })}
      </Figure>
      <Figure label={t("tile.gap")} note={widest !== null && widest.gap_ppm > 0 && link(widest)}>
        {format.share(widest?.gap_ppm ?? null, 4)}
      </Figure>
      <Figure label={t("tile.slowest")} note={slowest !== null && link(slowest)}>
        {format.whole(slowest?.solve_ms ?? null)}
        <span className="p-unit"> {t("unit.ms")}</span>
      </Figure>
      <Figure label={t("tile.bound")} note={t("tile.bound_note")}>
        {t("tile.of", { count: format.whole(bound), total: format.whole(runs.length) })}
      </Figure>
    </Tiles>
  );
}

// A day's runs: the one that stands, how complete its readings were, what later ones have moved.

import { useMemo, useState } from "react";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { Button } from "../../../parts/Button";
import { DayPicker } from "../../../parts/filter/DayPicker";
import { Filters } from "../../../parts/filter/Filters";
import { Figure, Gauge, Tiles } from "../../../parts/frame/Figures";
import { Panel } from "../../../parts/frame/Panel";
import { Empty, Loading } from "../../../parts/state/states";
import type { Column } from "../../../parts/table/columns";
import { DataTable } from "../../../parts/table/DataTable";
import { Share } from "../../../parts/text/Quantity";
import { State } from "../../../parts/text/State";
import { Time } from "../../../parts/text/When";
import { useNews } from "../../../shell/live";
import { useAct, useList } from "../../../wire/queries";
import type { Market } from "../../../wire/types";
import { tradedDays } from "../../place";
import { Differences } from "./Differences";
import { completePpm, progressOf, readingsOf } from "./figures";
import { Readings } from "./Readings";
import { useTexts } from "./texts";
import { RUNS, type Run } from "./wire";

interface Props {
  market: Market;
  /** Undefined: the last day that has a run. */
  day: string | undefined;
  today: string;
  onDay(day: string): void;
}

const keyOf = (run: Run) => run.run_id;

export function Runs({ market, day: chosen, today, onDay }: Props) {
  const { t, format } = useTexts();
  const all = useList(RUNS, { all: true });
  useNews("market", market.market_id, RUNS);
  const [asking, ask] = useState(false);
  const day = chosen ?? all.items.at(-1)?.day ?? today;
  const runs = useMemo(() => all.items.filter((run) => run.day === day), [all.items, day]);
  const standing = runs.findLast(({ state }) => state === "finished");
  const running = runs.find(({ state }) => state === "running");
  const moving = standing !== undefined && standing.differences > 0 ? standing : undefined;
  const columns = useColumns();
  const ppm = standing ? completePpm(standing) : null;
  return (
    <>
      <Filters label={t("filter.label")}>
        <DayPicker label={t("filter.day")} value={day} {...tradedDays(market)} onChange={onDay} />
        <Button
          kind="main"
          isDisabled={standing === undefined || running !== undefined}
          onPress={() => ask(true)}
        >
          {t("again.open")}
        </Button>
      </Filters>
      {all.state === "loading" ? (
        <Loading shape="tiles" />
      ) : (
        <Tiles label={t("tile.label")}>
          <Figure
            label={t("tile.standing")}
            {...(standing ? {} : { tone: "warning" as const })}
            note={standing ? t(`kind.${standing.kind}`) : t("tile.none_note")}
          >
            {standing ? t("tile.version", { version: standing.version }) : t("tile.none")}
          </Figure>
          <Figure
            label={t("tile.complete")}
            {...(ppm === null ? {} : { tone: ppm === 1_000_000 ? "good" : ("warning" as const) })}
            note={standing && t("tile.substituted", { count: format.whole(standing.substituted) })}
          >
            <Share ppm={ppm} places={2} />
          </Figure>
          <Figure label={t("tile.late")} note={t("tile.late_note")}>
            {format.whole(standing?.late)}
          </Figure>
          <Figure label={t("tile.differences")} note={t("tile.differences_note")}>
            {format.whole(standing?.differences)}
          </Figure>
        </Tiles>
      )}
      {running && (
        <Panel title={t("running.title")} tone="warning">
          <Gauge label={t(`phase_of_run.${running.phase}`)} percent={progressOf(running)}>
            {t("running.areas", {
              done: format.whole(running.areas_done),
              total: format.whole(running.areas),
            })}
          </Gauge>
        </Panel>
      )}
      <Panel title={t("runs.title")} note={format.day(`${day}T12:00:00Z`)} flush>
        <DataTable<Run>
          name="settlement-runs"
          label={t("runs.title")}
          columns={columns}
          rows={runs}
          rowKey={keyOf}
          sort={[{ id: "version", desc: true }]}
          state={all.state}
          {...(all.problem ? { failed: { ...all.problem, onAgain: all.again } } : {})}
          empty={<Empty title={t("runs.empty")}>{t("runs.empty_text")}</Empty>}
          height={230}
        />
      </Panel>
      {standing && <Readings rows={readingsOf(standing)} day={day} />}
      {moving && <Differences run={moving} market={market} />}
      {asking && standing && <Again day={day} standing={standing} onClose={() => ask(false)} />}
    </>
  );
}

/** The day settled anew: with the readings that have come, and from now on in its own version. */
function Again({ day, standing, onClose }: { day: string; standing: Run; onClose(): void }) {
  const { t, format } = useTexts();
  const toast = useToast();
  const begin = useAct("post", RUNS, { renews: [RUNS] });
  const go = async (reason: string) => {
    const answer = await begin.act({ body: { day, reason } });
    if (!answer.ok) return;
    const fresh = answer.value.run_id !== standing.run_id;
    toast(t(fresh ? "again.begun" : "again.same"), fresh ? "good" : "warning");
    onClose();
  };
  return (
    <ConfirmAct
      open
      title={t("again.title", { day: format.day(`${day}T12:00:00Z`) })}
      consequence={t("again.consequence", {
        version: standing.version + 1,
        count: format.whole(standing.measured + standing.late + standing.substituted),
      })}
      act={t("again.act")}
      busy={begin.busy}
      problem={begin.problem}
      onConfirm={(reason) => void go(reason)}
      onClose={onClose}
    />
  );
}

function useColumns(): Column<Run>[] {
  const { t, format } = useTexts();
  return useMemo<Column<Run>[]>(() => {
    const count = (key: "measured" | "late" | "substituted" | "differences"): Column<Run> => ({
      key,
      title: t(`column.${key}`),
      kind: "decimal",
      value: (run) => run[key],
      cell: (run) => format.whole(run[key]),
    });
    return [
      {
        ...{ key: "version", title: t("column.version"), kind: "decimal", card: "title" },
        value: (run) => run.version,
      },
      {
        ...{ key: "kind", title: t("column.kind"), kind: "text", width: 120 },
        value: (run) => run.kind,
        said: (run) => t(`kind.${run.kind}`),
        cell: (run) => t(`kind.${run.kind}`),
      },
      {
        ...{ key: "state", title: t("column.state"), kind: "text", width: 130 },
        value: (run) => run.state,
        said: (run) => t(`run_state.${run.state}`),
        cell: (run) => (
          <State
            tone={run.state === "finished" ? "good" : "warning"}
            icon={run.state === "finished" ? "good" : "active"}
          >
            {t(`run_state.${run.state}`)}
          </State>
        ),
      },
      count("measured"),
      count("late"),
      count("substituted"),
      count("differences"),
      {
        ...{ key: "begun", title: t("column.begun"), kind: "time", width: 190 },
        value: (run) => run.begun_at,
        cell: (run) => <Time at={run.begun_at} day seconds />,
      },
      {
        ...{ key: "finished", title: t("column.finished"), kind: "time", width: 100 },
        value: (run) => run.finished_at,
        cell: (run) => <Time at={run.finished_at} seconds />,
      },
      {
        ...{ key: "reason", title: t("column.reason"), kind: "text", width: 180 },
        value: (run) => run.reason || null,
        cell: (run) => run.reason || "–",
      },
      { ...{ key: "by", title: t("column.by"), kind: "text", width: 140 }, value: (run) => run.by },
    ];
  }, [t, format]);
}

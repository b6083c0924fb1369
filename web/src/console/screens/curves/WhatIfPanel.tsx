// A call without some of its orders beside the real one: solved again by the server, and never more than a thought.

import { useMemo, useState } from "react";
import { ChartPanel } from "../../../parts/chart/ChartPanel";
import { StepCurves, useCurveMarks } from "../../../parts/chart/StepCurves";
import { ChoiceField, TextField } from "../../../parts/form/fields";
import { Form } from "../../../parts/form/Form";
import { Figure, Tiles } from "../../../parts/frame/Figures";
import { Panel } from "../../../parts/frame/Panel";
import { Empty, Loading } from "../../../parts/state/states";
import type { Column } from "../../../parts/table/columns";
import { Energy, Price } from "../../../parts/text/Quantity";
import { State } from "../../../parts/text/State";
import type { Problem } from "../../../wire/client";
import { useDesk } from "../../../wire/desk";
import { useList } from "../../../wire/queries";
import type { CurvePoint, Market } from "../../../wire/types";
import type { CallKind } from "../../wire";
import { useTexts } from "./texts";
import { callStart } from "./useBlocks";
import { areaIn, idsOf, movedAreas, priceChange, whatIfRows } from "./whatIf";
import type { WhatIf, WhatIfRow } from "./whatIf";

const WHAT_IF = "/v1/markets/{market}/clearing-runs/{run_id}:what-if";
/** A long journal takes its time; the server gives up before this. */
const PATIENCE_MS = 310_000;
const IDLE = { busy: false, problem: null };

interface Props {
  market: Market;
  areaId: string;
  startMs: number;
  day: string;
  call: CallKind;
}

export function WhatIfPanel({ market, areaId, startMs, day, call }: Props) {
  const { t, format } = useTexts();
  const [participant, choose] = useState("");
  const [typed, type] = useState("");
  const people = useList("/v1/markets/{market}/participants", { all: true });
  const desk = useDesk();
  const [ask, stand] = useState<{ busy: boolean; problem: Problem | null }>(IDLE);
  const [found, show] = useState<WhatIf | null>(null);
  const start = new Date(startMs).toISOString();
  const ids = idsOf(typed);
  const submit = async () => {
    const seconds = Math.round(Date.parse(callStart(market, day, call, startMs)) / 1000);
    stand({ busy: true, problem: null });
    const answer = await desk.act<WhatIf>("post", WHAT_IF, {
      params: { market: desk.market, run_id: `${call}-${seconds}` },
      body: {
        start,
        ...(participant === "" ? {} : { participant_id: participant }),
        ...(ids.length === 0 ? {} : { order_ids: ids }),
      },
      patienceMs: PATIENCE_MS,
    });
    stand({ busy: false, problem: answer.ok ? null : answer.problem });
    if (answer.ok) show(answer.value);
  };
  // Of another interval it would say nothing.
  const shown = found !== null && Date.parse(found.start) === startMs ? found : null;
  return (
    <Panel
      title={t("what_if.title")}
      note={<State tone="warning">{t("what_if.mark")}</State>}
      foot={t("what_if.leaves_out")}
    >
      <div className="cv-what-if">
        <Form
          label={t("what_if.title")}
          submit={t("what_if.go")}
          busy={ask.busy}
          problem={ask.problem}
          onSubmit={() => void submit()}
        >
          <div className="cv-fields">
            <ChoiceField
              pointer="/participant_id"
              label={t("what_if.participant")}
              value={participant}
              onChange={choose}
              options={[
                { value: "", text: t("what_if.nobody") },
                ...people.items.map(({ participant_id, name }) => ({
                  value: participant_id,
                  text: `${name} · ${participant_id}`,
                })),
              ]}
            />
            <TextField
              pointer="/order_ids"
              label={t("what_if.orders")}
              note={t("what_if.orders_note")}
              value={typed}
              onChange={type}
              optional
            />
          </div>
        </Form>
        {ask.busy && (
          <>
            <p className="cv-foot">{t("what_if.working")}</p>
            <Loading shape="chart" />
          </>
        )}
        {!ask.busy && shown === null && <p className="cv-foot">{t("what_if.about")}</p>}
        {!ask.busy && shown !== null && (
          <Shown
            found={shown}
            market={market}
            areaId={areaId}
            interval={format.interval(startMs, startMs + market.interval_minutes * 60_000)}
          />
        )}
      </div>
    </Panel>
  );
}

interface ShownProps {
  found: WhatIf;
  market: Market;
  areaId: string;
  interval: string;
}

const NONE: readonly CurvePoint[] = [];

function Shown({ found, market: { currency }, areaId, interval }: ShownProps) {
  const { t, format } = useTexts();
  const legend = useCurveMarks();
  const columns = useColumns(currency);
  const before = areaIn(found.before, areaId);
  const after = areaIn(found.after, areaId);
  const rows = useMemo(() => whatIfRows(found, areaId), [found, areaId]);
  const beside = useMemo(
    () => before && { supply: before.supply, demand: before.demand, label: t("what_if.as_it_was") },
    [before, t],
  );
  const clearing = useMemo(
    () =>
      after === null || after.price_per_mwh === null
        ? null
        : {
            ...{ price: after.price_per_mwh, soldKwh: after.sold_kwh },
            boughtKwh: after.bought_kwh,
          },
    [after],
  );
  const anchors = useMemo(
    () => (before?.price_per_mwh ? [Number(before.price_per_mwh)] : []),
    [before],
  );
  if (before === null || after === null) return <Empty>{t("curve.nobody")}</Empty>;
  const change = priceChange(found, areaId);
  const moved = movedAreas(found);
  const described = t("what_if.description", {
    ...{ interval, count: format.whole(found.removed) },
    ...{ was: format.price(before.price_per_mwh), now: format.price(after.price_per_mwh) },
    unit: t("unit.price", { currency }),
  });
  return (
    <>
      <Tiles label={t("what_if.result")}>
        <Figure label={t("what_if.removed")}>{format.whole(found.removed)}</Figure>
        <Figure
          label={t("what_if.price")}
          note={
            <>
              {t("what_if.was")} <Price value={before.price_per_mwh} currency={currency} bare />
              {change !== null && Number(change) !== 0 && (
                <>
                  {" · "}
                  <Price value={change} currency={currency} change bare />
                </>
              )}
            </>
          }
        >
          <Price value={after.price_per_mwh} currency={currency} />
        </Figure>
        <Figure
          label={t("what_if.sold")}
          note={
            <>
              {t("what_if.was")} <Energy kwh={before.sold_kwh} />
            </>
          }
        >
          <Energy kwh={after.sold_kwh} />
        </Figure>
        <Figure
          label={t("what_if.bought")}
          note={
            <>
              {t("what_if.was")} <Energy kwh={before.bought_kwh} />
            </>
          }
        >
          <Energy kwh={after.bought_kwh} />
        </Figure>
      </Tiles>
      <p className="cv-foot">
        {found.removed === 0
          ? t("what_if.none_removed")
          : moved.length === 0
            ? t("what_if.nothing_moves")
            : t("what_if.moves", { areas: moved.join(", ") })}
      </p>
      <ChartPanel<WhatIfRow>
        name="curves-what-if"
        title={t("what_if.curves")}
        note={interval}
        legend={[
          ...legend,
          {
            ...{ key: "beside", label: t("what_if.as_it_was") },
            ...{ colour: "--muted", dash: [1, 4] },
          },
        ]}
        description={described}
        columns={columns}
        rows={rows}
        rowKey={(row) => row.key}
        empty={t("curve.nobody")}
        height={320}
      >
        <StepCurves
          supply={after.supply.length > 0 ? after.supply : NONE}
          demand={after.demand.length > 0 ? after.demand : NONE}
          clearing={clearing}
          currency={currency}
          anchors={anchors}
          {...(beside ? { beside } : {})}
          description={described}
        />
      </ChartPanel>
    </>
  );
}

function useColumns(currency: string): Column<WhatIfRow>[] {
  const { t } = useTexts();
  return useMemo(
    () => [
      {
        ...{ key: "which", title: t("what_if.which"), kind: "text" as const, choosable: true },
        value: (row) => row.which,
        said: (row) => t(`what_if.of_${row.which}`),
        cell: (row) => t(`what_if.of_${row.which}`),
      },
      {
        ...{ key: "side", title: t("column.curve"), kind: "text" as const, choosable: true },
        value: (row) => row.side,
        said: (row) => t(`curve.${row.side}`),
        cell: (row) => t(`curve.${row.side}`),
      },
      {
        ...{ key: "price", title: t("column.price"), kind: "decimal" as const },
        unit: t("unit.price", { currency }),
        value: (row) => row.price,
      },
      {
        ...{ key: "step", title: t("column.step"), kind: "decimal" as const, unit: t("unit.kwh") },
        value: (row) => row.stepKwh,
      },
      {
        ...{ key: "cumulative", title: t("column.cumulative"), kind: "decimal" as const },
        unit: t("unit.kwh"),
        value: (row) => row.cumulativeKwh,
      },
    ],
    [t, currency],
  );
}

// The unit or area that is open in the tree: all that is known of it, and where to go on.

import { Link } from "react-router";
import { Facts, type Fact } from "../../../parts/frame/Figures";
import { Panel } from "../../../parts/frame/Panel";
import { Empty, Failed } from "../../../parts/state/states";
import { State } from "../../../parts/text/State";
import { Ago, Time } from "../../../parts/text/When";
import { word } from "../../../language/words";
import { areaViews } from "../../../market/views";
import { useSession } from "../../../shell/session";
import { useRead } from "../../../wire/queries";
import type { Interval, Market } from "../../../wire/types";
import { cutWord, useTexts } from "./texts";
import { acknowledged, countsOf, standing, TONES } from "./units";
import { isSilent, REACH, REACH_EVERY_MS } from "../../reach";
import { SYSTEM } from "../../system";
import type { UnitRow } from "./wire";

interface Props {
  market: Market;
  member: string | null;
  rows: readonly UnitRow[];
  interval: Interval | null;
  nowMs: number | null;
}

export function Member({ market, member, rows, interval, nowMs }: Props) {
  const { t } = useTexts();
  const unit = rows.find(({ unit_id }) => unit_id === member);
  if (unit !== undefined) return <UnitPanel unit={unit} nowMs={nowMs} />;
  if (market.areas.some(({ area_id }) => area_id === member)) {
    return <AreaPanel market={market} areaId={member ?? ""} rows={rows} interval={interval} />;
  }
  return (
    <Panel title={t("member.title")}>
      <Empty title={t("member.none")}>{t("member.none_text")}</Empty>
    </Panel>
  );
}

function UnitPanel({ unit, nowMs }: { unit: UnitRow; nowMs: number | null }) {
  const { t, format } = useTexts();
  const kw = (text: string | null) =>
    text === null ? "–" : `${format.exact(text, 3)} ${t("unit.kw")}`;
  const stands = standing(unit);
  const took = acknowledged(unit);
  const facts: Fact[] = [
    {
      label: t("column.stands"),
      value: <State tone={TONES[stands]}>{t(`stands.${stands}`)}</State>,
    },
    {
      label: t("member.controller"),
      value: unit.state === null ? t("stands.unheard") : t(`unit_state.${unit.state}`),
      note:
        unit.heard_at === null || nowMs === null ? undefined : (
          <Ago at={unit.heard_at} now={nowMs} />
        ),
    },
    {
      label: t("column.told"),
      value: kw(unit.setpoint_kw),
      note:
        unit.setpoint_start === null
          ? undefined
          : format.interval(unit.setpoint_start, unit.setpoint_until),
    },
    {
      label: t("column.took"),
      value: kw(unit.target_kw),
      ...(took === null
        ? {}
        : {
            note: (
              <State tone={took ? "good" : "warning"}>{t(took ? "took.yes" : "took.no")}</State>
            ),
          }),
    },
    { label: t("column.runs"), value: kw(unit.power_kw) },
    {
      label: t("member.metered"),
      value: kw(unit.metered_kw),
      note: unit.silent ? (
        <State tone="warning">{t("stands.silent")}</State>
      ) : unit.metered_start === null ? undefined : (
        <Time at={unit.metered_start} />
      ),
    },
    {
      label: t("member.lease"),
      value: unit.setpoint_until === null ? "–" : <Time at={unit.setpoint_until} />,
      note: t("member.lease_note"),
    },
    ...(unit.limit_until === null
      ? []
      : [
          {
            label: t("member.limit"),
            value: `↑ ${kw(unit.limit_injection_kw)} · ↓ ${kw(unit.limit_withdrawal_kw)}`,
            note: (
              <>
                {unit.limit_reason ? `${cutWord(t, unit.limit_reason)}, ` : ""}
                {t("member.until")} <Time at={unit.limit_until} />
              </>
            ),
          },
        ]),
    ...(unit.stopped === null
      ? []
      : [
          {
            label: t("member.stopped"),
            value: <State tone="bad">{t(`stands.${unit.stopped}`)}</State>,
          },
        ]),
    ...(unit.outage_until === null
      ? []
      : [{ label: t("member.outage"), value: <Time at={unit.outage_until} day /> }]),
    ...(unit.voltage_pu === null
      ? []
      : [
          {
            label: t("column.voltage"),
            value: `${Number(unit.voltage_pu).toFixed(4)} ${t("unit.pu")}`,
          },
        ]),
    {
      label: t("member.nameplate"),
      value: `↑ ${kw(unit.injection_max_kw)} · ↓ ${kw(unit.withdrawal_max_kw)}`,
      note: t(unit.controllable ? "member.steered" : "member.not_steered"),
    },
    { label: t("member.owner"), value: unit.participant_id },
    { label: t("column.area"), value: unit.area_id },
    { label: t("member.sockets"), value: format.whole(unit.sockets) },
  ];
  return (
    <>
      <Panel title={unit.unit_id} note={t(`unit_kind.${unit.kind as "load"}`)}>
        <Facts facts={facts} />
        <Links alarms={unit.alarms} />
      </Panel>
      {unit.setpoint_start !== null && <Why unitId={unit.unit_id} start={unit.setpoint_start} />}
    </>
  );
}

/** Why its set-point is what it is. */
function Why({ unitId, start }: { unitId: string; start: string }) {
  const { t, format } = useTexts();
  const why = useRead("/v1/markets/{market}/units/{unit_id}/explanation", {
    params: { unit_id: unitId },
    query: { start },
  });
  if (why.problem !== null) return <Failed {...why.problem} onAgain={why.again} />;
  if (why.value === undefined) return null;
  return (
    <Panel title={t("member.why")}>
      <ul className="gr-why">
        {why.value.reasons.map(({ code, parameters }) => (
          <li key={`${code} ${JSON.stringify(parameters)}`}>
            {word(t, "reason", code)}
            {parameters.reason != null && ` (${cutWord(t, String(parameters.reason))})`}
          </li>
        ))}
        <li className="gr-muted">
          {t("member.traded")} {format.exact(why.value.traded_kwh, 3)} {t("unit.kwh")}
        </li>
      </ul>
    </Panel>
  );
}

interface AreaProps {
  market: Market;
  areaId: string;
  rows: readonly UnitRow[];
  interval: Interval | null;
}

function AreaPanel({ market, areaId, rows, interval }: AreaProps) {
  const { t, format } = useTexts();
  const view = areaViews(interval, market).find((each) => each.areaId === areaId);
  const system = useRead(SYSTEM);
  const reach = useRead(REACH, { everyMs: REACH_EVERY_MS });
  const picture = system.value?.areas.find(({ area_id }) => area_id === areaId);
  const heard = reach.value?.items.find(({ area_id }) => area_id === areaId);
  const counts = countsOf(rows.filter(({ area_id }) => area_id === areaId));
  const definition = market.areas.find(({ area_id }) => area_id === areaId);
  const kw = (text: string | null | undefined) =>
    text == null ? t("unlimited") : `${format.exact(text, 3)} ${t("unit.kw")}`;
  const facts: Fact[] = [
    {
      label: t("column.price"),
      value:
        view?.price == null
          ? "–"
          : `${format.price(view.price)} ${t("unit.price", { currency: market.currency })}`,
      note: interval === null ? undefined : format.interval(interval.start, interval.end),
    },
    {
      label: t("column.net"),
      value: view?.exportW == null ? "–" : `${format.kwSigned(view.exportW)} ${t("unit.kw")}`,
    },
    {
      label: t("member.rating"),
      value: `↑ ${kw(definition?.export_limit_kw)} · ↓ ${kw(definition?.import_limit_kw)}`,
    },
    ...(picture
      ? [
          {
            label: t("column.state"),
            value: (
              <State tone={picture.state === "coupled" ? "good" : "warning"}>
                {t(`area_state.${picture.state}`)}
              </State>
            ),
          },
          ...(picture.reserve_up_kw === undefined
            ? []
            : [
                {
                  label: t("member.reserve"),
                  value: `↑ ${kw(picture.reserve_up_kw)} · ↓ ${kw(picture.reserve_down_kw)}`,
                },
              ]),
        ]
      : []),
    {
      label: t("member.reach"),
      value:
        heard?.silent_s == null ? (
          <State tone="unknown">{t("member.not_waited")}</State>
        ) : (
          <State tone={isSilent(heard) ? "bad" : "good"}>
            {t("member.heard_ago", { seconds: format.whole(Math.round(heard.silent_s)) })}
          </State>
        ),
      ...(heard?.report ? { note: t(`area_standing.${heard.report.standing}`) } : {}),
    },
    ...(heard?.report
      ? [
          {
            label: t("member.lent"),
            value: `↑ ${kw(heard.report.given_export_kw)} · ↓ ${kw(heard.report.given_import_kw)}`,
            note: (
              <>
                {t("member.until")} <Time at={heard.report.given_until} />
              </>
            ),
          },
        ]
      : []),
    { label: t("column.units"), value: format.whole(counts.units) },
    { label: t("tile.silent"), value: format.whole(counts.silent) },
    { label: t("tile.failsafe"), value: format.whole(counts.failsafe) },
    { label: t("tile.overridden"), value: format.whole(counts.overridden) },
  ];
  return (
    <Panel title={areaId} {...(definition ? { note: definition.name } : {})}>
      <Facts facts={facts} />
      <Links />
    </Panel>
  );
}

function Links({ alarms }: { alarms?: number }) {
  const { t, format } = useTexts();
  const { session } = useSession();
  if (session?.role !== "operator") return null;
  return (
    <p className="gr-links">
      <Link to="/alarms">
        {alarms === undefined ? t("to_alarms") : t("to_alarms_of", { count: format.whole(alarms) })}
      </Link>
      <Link to="/control">{t("to_control")}</Link>
    </p>
  );
}

// What runs within a market: jobs, its stream, its switches, and what was refused for coming too fast.

import { useMemo } from "react";
import { Facts } from "../../../parts/frame/Figures";
import { DataTable } from "../../../parts/table/DataTable";
import type { Column } from "../../../parts/table/columns";
import { State } from "../../../parts/text/State";
import { Ago, Time } from "../../../parts/text/When";
import type { Role } from "../../../shell/session";
import type { MarketSystem, ServerSystem } from "./system";
import { useTexts } from "./texts";

const JOB_TONES = { running: "good", ended: "warning", failed: "bad" } as const;

export function Jobs({ market, now }: { market: MarketSystem; now: number }) {
  const { t } = useTexts();
  const { next_due, jobs } = market;
  return (
    <Facts
      facts={[
        ...jobs.map(({ job, state }) => ({
          label: t(`job.${job}`),
          value: <State tone={JOB_TONES[state]}>{t(`job_state.${state}`)}</State>,
          note: t(`job_note.${job}`),
        })),
        {
          label: t("jobs.next"),
          value:
            next_due === null ? (
              t("jobs.nothing")
            ) : (
              <>
                {said(next_due.what)} <Time at={next_due.at} day seconds />
              </>
            ),
          note: next_due === null ? undefined : <Ago at={next_due.at} now={now} />,
        },
      ]}
    />
  );
  function said(what: string): string {
    return TIMERS.has(what) ? t(`timer.${what as "settle"}`) : what;
  }
}

/** Acts of the timetable, as `market/model/timer.py` names them. */
const TIMERS: ReadonlySet<string> = new Set([
  ...["close_day_ahead", "clear_day_ahead", "open_day_ahead", "open_continuous", "open_call"],
  ...["end_delivery", "settle", "close_day", "expire", "close_gate", "clear", "check_grid"],
]);

export function Stream({ market }: { market: MarketSystem }) {
  const { t, format } = useTexts();
  const { clients, by_role, subscriptions, lagging, waiting } = market.stream;
  return (
    <Facts
      facts={[
        { label: t("stream.clients"), value: format.whole(clients) },
        ...Object.entries(by_role).map(([role, count]) => ({
          label: role === "public" ? t("stream.public") : t(`role.${role as Role}`),
          value: format.whole(count),
        })),
        { label: t("stream.subscriptions"), value: format.whole(subscriptions) },
        {
          label: t("stream.lagging"),
          value: <State tone={lagging > 0 ? "warning" : "good"}>{format.whole(lagging)}</State>,
          note: t("stream.lagging_note"),
        },
        { label: t("stream.waiting"), value: format.whole(waiting) },
      ]}
    />
  );
}

const SERVER = ["simulated_clock", "behind_tls", "verified_at_start", "pdf"] as const;
const MARKET = [
  ...(["day_ahead", "continuous", "listing", "bilateral", "standing", "collateral"] as const),
  ...(["readings_signed", "limits_less_forecast"] as const),
] as const;

interface SwitchesProps {
  server: ServerSystem["features"];
  market: MarketSystem["features"];
}

export function Switches({ server, market }: SwitchesProps) {
  const { t } = useTexts();
  const one = (name: (typeof SERVER)[number] | (typeof MARKET)[number], on: boolean) => (
    <li key={name}>
      <State tone={on ? "good" : "unknown"} icon={on ? "good" : "level"}>
        {t(`switch.${name}`)}
      </State>
      <span>{t(on ? "on" : "off")}</span>
    </li>
  );
  return (
    <>
      <h3 className="system-head">{t("switches.market")}</h3>
      <ul className="system-switches">{MARKET.map((name) => one(name, market[name]))}</ul>
      <h3 className="system-head">{t("switches.server")}</h3>
      <ul className="system-switches">
        {SERVER.map((name) => one(name, server[name]))}
        <li>
          <State tone="good" icon="good">
            {t("switch.payment_port")}
          </State>
          <span>{t(`payment_port.${server.payment_port}`)}</span>
        </li>
      </ul>
    </>
  );
}

type RefusedRow = ServerSystem["refused"][number];
const keyOf = ({ budget, scope }: RefusedRow) => `${budget} ${scope}`;

export function Refused({ refused }: { refused: readonly RefusedRow[] }) {
  const { t, format } = useTexts();
  const columns = useMemo(
    (): Column<RefusedRow>[] => [
      {
        ...{ key: "budget", title: t("refused.budget"), kind: "text" },
        value: ({ budget }) => budget,
        cell: ({ budget }) => t(`budget.${budget}`),
      },
      {
        ...{ key: "scope", title: t("refused.scope"), kind: "text" },
        value: ({ scope }) => scope,
        cell: ({ scope }) => t(`scope.${scope}`),
      },
      {
        ...{ key: "count", title: t("refused.count"), kind: "decimal" },
        value: ({ count }) => count,
        cell: ({ count }) => format.whole(count),
      },
    ],
    [t, format],
  );
  return (
    <DataTable
      name="system-refused"
      label={t("refused.title")}
      columns={columns}
      rows={refused}
      rowKey={keyOf}
      empty={t("refused.none")}
      bare
    />
  );
}

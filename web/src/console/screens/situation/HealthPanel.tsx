// Is all well: server, stream, clearing, audit, ledger, progress of the day.

import type { ReactNode } from "react";
import { useTexts, type Key, type Say } from "./texts";

import type { Picture } from "../../../market/feed";
import { useRealTime } from "../../../shell/live";
import { clearingHealth, faultCount, type DayView } from "../../../market/views";
import { STALE_AFTER_MS } from "../../../stream/client";
import { Panel, Table } from "./Panel";

type Look = "good" | "warning" | "bad" | "unknown";

interface Item {
  name: Key;
  look: Look;
  value: ReactNode;
  /** Part of the whole, for a bar; 0..1. */
  part?: number;
}

const SIGNS: Record<Look, string> = { good: "✓", warning: "!", bad: "✕", unknown: "·" };
/** A solve longer than this leaves less than half of a real-time gate's minute. */
const SOLVE_SLOW_MS = 30_000;

export function HealthPanel({ picture, day }: { picture: Picture; day: DayView }) {
  const { t } = useTexts();
  const items = useItems(picture, day);
  const table = () => (
    <Table
      caption={t("health.title")}
      head={[t("health.item"), t("health.state"), t("health.value")]}
      left={[0, 1, 2]}
      rows={items.map(({ name, look, value }) => ({
        key: name,
        cells: [t(name), t(`health.${look}`), value],
      }))}
    />
  );
  return (
    <Panel name="health" title={t("health.title")} table={table}>
      <dl className="health">
        {items.map(({ name, look, value, part }) => (
          <div key={name} className={`health-item ${look}`}>
            <dt>
              <span className="sign" role="img" aria-label={t(`health.${look}`)}>
                {SIGNS[look]}
              </span>
              {t(name)}
            </dt>
            <dd>
              {value}
              {part !== undefined && (
                <svg className="progress" width="100%" height="4" aria-hidden="true">
                  <rect className="meter-track" width="100%" height="4" rx="2" />
                  <rect className="meter-fill" width={`${100 * part}%`} height="4" rx="2" />
                </svg>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

function useItems({ situation, connection, server }: Picture, day: DayView): Item[] {
  const { t, format } = useTexts();
  const real = useRealTime(1_000);
  const clearing = clearingHealth(day);
  const { health } = server;
  const { last } = clearing;
  const silentMs = connection.heardMs === null ? null : Math.max(0, real - connection.heardMs);
  const { ledger } = situation;
  const whole = (count: number) =>
    t("health.of", { count: format.whole(count), total: format.whole(clearing.total) });
  const live = connection.status === "live";
  return [
    {
      name: "health.server",
      look: health === null ? "unknown" : health.ok ? "good" : "bad",
      value:
        health === null
          ? t("health.server_unknown")
          : health.ok
            ? t("health.server_ok", { version: health.value.version })
            : t("health.server_down", { code: health.problem.code }),
    },
    {
      name: "health.answer",
      look: health?.ok ? "good" : "unknown",
      value: health?.ok ? `${format.whole(health.roundTripMs)} ${t("unit.ms")}` : "–",
    },
    {
      name: "health.heard",
      look:
        silentMs === null
          ? "unknown"
          : silentMs >= STALE_AFTER_MS
            ? "bad"
            : live
              ? "good"
              : "warning",
      value:
        silentMs === null
          ? "–"
          : t("health.ago", { seconds: format.whole(Math.floor(silentMs / 1000)) }),
    },
    {
      name: "health.behind",
      look: !live ? "unknown" : connection.behind > 0 ? "warning" : "good",
      value: live ? format.whole(connection.behind) : "–",
    },
    {
      name: "health.reconnects",
      look: connection.reconnects + connection.repairs > 0 ? "warning" : "good",
      value: `${format.whole(connection.reconnects)}, ${format.whole(connection.repairs)}`,
    },
    {
      name: "health.clearing",
      look: rungLook(last?.rung ?? null),
      value: rungText(last?.rung ?? null, t),
    },
    {
      name: "health.solve",
      look: last?.solve_ms == null ? "unknown" : last.solve_ms > SOLVE_SLOW_MS ? "warning" : "good",
      value:
        clearing.solveMsMax === null
          ? "–"
          : t("health.solve_max", {
              ms: format.whole(last?.solve_ms),
              max: format.whole(clearing.solveMsMax),
            }),
    },
    {
      name: "health.audit",
      look: last === null ? "unknown" : clearing.faults > 0 ? "bad" : "good",
      value:
        last === null
          ? "–"
          : clearing.faults === 0
            ? t("health.no_faults")
            : `${format.whole(clearing.faults)} (${day.intervals
                .filter((each) => each !== null && faultCount(each) > 0)
                .map((each) => format.time(each?.start))
                .join(", ")})`,
    },
    {
      name: "health.ledger",
      look: ledger === null ? "unknown" : Number(ledger.sum) === 0 ? "good" : "bad",
      value:
        ledger === null
          ? t("health.ledger_unknown")
          : Number(ledger.sum) === 0
            ? `${t("health.ledger_zero")} (${format.time(ledger.start)})`
            : ledger.sum,
    },
    {
      name: "health.cleared",
      look: clearing.cleared === 0 ? "unknown" : "good",
      value: whole(clearing.cleared),
      part: clearing.total > 0 ? clearing.cleared / clearing.total : 0,
    },
    {
      name: "health.settled",
      look: clearing.settled === 0 ? "unknown" : "good",
      value: whole(clearing.settled),
      part: clearing.total > 0 ? clearing.settled / clearing.total : 0,
    },
    ...(clearing.lesserRungs.length > 0
      ? [
          {
            name: "health.lesser" as const,
            look: "warning" as const,
            value: clearing.lesserRungs
              .map(([rung, count]) => `${rungText(rung, t)}: ${format.whole(count)}`)
              .join(", "),
          },
        ]
      : []),
  ];
}

const RUNGS: Record<string, Key> = {
  optimal: "rung.optimal",
  feasible: "rung.feasible",
  merit_order: "rung.merit_order",
  cancelled: "rung.cancelled",
};

function rungText(rung: string | null, t: Say): string {
  if (rung === null) return t("rung.none");
  const key = RUNGS[rung];
  return key ? t(key) : rung;
}

function rungLook(rung: string | null): Look {
  if (rung === null) return "unknown";
  return rung === "optimal" ? "good" : rung === "cancelled" ? "bad" : "warning";
}

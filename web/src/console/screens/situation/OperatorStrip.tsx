// For operators, above everything else: the worst alarm, what waits for them, and each area at a glance.

import { useMemo } from "react";
import { Link } from "react-router";
import { CASES } from "../../../cases/cases";
import { word } from "../../../language/words";
import { areaViews, lineViews } from "../../../market/views";
import { remaining } from "../../../parts/frame/Timeline";
import { Icon, type IconName } from "../../../parts/icons";
import { Badge, State, type Tone } from "../../../parts/text/State";
import { Ago } from "../../../parts/text/When";
import { useNews } from "../../../shell/live";
import { useList, useRead } from "../../../wire/queries";
import type { Interval, Market } from "../../../wire/types";
import { ALARMS, TONES } from "../../alarms";
import { useApprovals } from "../../approvals";
import { useMarketNow } from "../../place";
import { isSilent, REACH, REACH_EVERY_MS } from "../../reach";
import { SYSTEM } from "../../system";
import { caseCounts, worstOf } from "./inbox";
import { useTexts } from "./texts";
import "./strip.css";

interface Props {
  market: Market;
  /** The interval that is looked at; null: none is cleared yet. */
  interval: Interval | null;
}

export function OperatorStrip({ market, interval }: Props) {
  return (
    <div className="st-strip">
      <Inbox market={market} />
      <AreaTiles market={market} interval={interval} />
    </div>
  );
}

function Inbox({ market }: { market: Market }) {
  const { t, format } = useTexts();
  const now = useMarketNow();
  const alarms = useList(ALARMS, { query: { state: "open" }, all: true });
  const cases = useList(CASES, { query: { state: "open,in_work" }, all: true });
  const approvals = useApprovals();
  useNews("alarms", market.market_id, ALARMS, CASES);
  const worst = useMemo(() => worstOf(alarms.items), [alarms.items]);
  const counts = caseCounts(cases.items, now ?? 0);
  const mine = approvals.items.filter(({ own }) => !own).length;
  const known = (state: string, count: number) => (state === "ready" ? format.whole(count) : "–");
  return (
    <section className="st-inbox" aria-label={t("inbox.title")}>
      <div className={worst === null ? "st-worst" : `st-worst p-tinted p-${TONES[worst.severity]}`}>
        {worst === null ? (
          <State tone={alarms.state === "ready" ? "good" : "unknown"}>
            {t(alarms.state === "ready" ? "inbox.no_alarm" : "inbox.asking")}
          </State>
        ) : (
          <>
            <Badge tone={TONES[worst.severity]}>{word(t, "severity", worst.severity)}</Badge>
            <b>{word(t, "alarm", worst.kind)}</b>
            {worst.level === "market" ? (
              <span>{worst.member_id}</span>
            ) : (
              <Link to={`/grid?${new URLSearchParams({ member: worst.member_id })}`}>
                {worst.member_id}
              </Link>
            )}
            {now !== null && (
              <span className="st-age">
                <Ago at={worst.raised_at} now={now} />
              </span>
            )}
          </>
        )}
      </div>
      <ul className="st-waiting">
        <Waiting
          to="/alarms"
          icon="warning"
          label={t("inbox.alarms", { count: alarms.items.length })}
          tone={alarms.items.length > 0 ? "bad" : "good"}
          count={known(alarms.state, alarms.items.length)}
        />
        <Waiting
          to="/approvals"
          icon="waiting"
          label={t("inbox.approvals", { count: mine })}
          tone={mine > 0 ? "warning" : "good"}
          count={known(approvals.state, mine)}
        />
        <Waiting
          to="/desk"
          icon="calendar"
          label={t("inbox.cases", { count: counts.late + counts.near })}
          tone={counts.late > 0 ? "bad" : counts.near > 0 ? "warning" : "good"}
          count={known(cases.state, counts.late + counts.near)}
          note={counts.late > 0 ? t("inbox.late", { count: format.whole(counts.late) }) : undefined}
        />
        <Waiting
          to="/desk"
          icon="table"
          label={t("inbox.disputes", { count: counts.disputes })}
          tone={counts.disputes > 0 ? "warning" : "good"}
          count={known(cases.state, counts.disputes)}
        />
      </ul>
    </section>
  );
}

interface WaitingProps {
  to: string;
  icon: IconName;
  label: string;
  count: string;
  tone: Tone;
  note?: string | undefined;
}

function Waiting({ to, icon, label, count, tone, note }: WaitingProps) {
  return (
    <li>
      <Link to={to} className={`st-link p-${tone}`}>
        <Icon name={icon} size={14} />
        <b>{count}</b>
        <span>{label}</span>
        {note !== undefined && <small>{note}</small>}
      </Link>
    </li>
  );
}

const STATE_TONES = { coupled: "good", decoupled: "warning", stopped: "bad" } as const;

function AreaTiles({ market, interval }: Props) {
  const { t, format } = useTexts();
  const system = useRead(SYSTEM, { everyMs: 60_000 });
  const reach = useRead(REACH, { everyMs: REACH_EVERY_MS });
  const areas = areaViews(interval, market);
  const lines = lineViews(interval, market);
  const unit = t("unit.price", { currency: market.currency });
  return (
    <ul className="st-areas" aria-label={t("grid.area")}>
      {areas.map(({ areaId, name, price, exportW }) => {
        const picture = system.value?.areas.find(({ area_id }) => area_id === areaId);
        const binding = lines.filter(
          ({ binding, from, to }) => binding && (from === areaId || to === areaId),
        );
        const missing = picture?.missing_readings ?? 0;
        const controller = reach.value?.items.find(({ area_id }) => area_id === areaId);
        return (
          <li key={areaId}>
            <Link to={`/grid?${new URLSearchParams({ member: areaId })}`} className="st-area">
              <span className="st-area-name">
                <b>{areaId}</b> {name}
              </span>
              <span className="st-area-price">
                {format.price(price)} <small>{unit}</small>
              </span>
              <span>
                {exportW === null
                  ? "–"
                  : exportW === 0
                    ? t("grid.even")
                    : t(exportW > 0 ? "grid.exports" : "grid.imports", {
                        power: format.kw(Math.abs(exportW)),
                      })}
              </span>
              <span className="st-area-states">
                {picture && (
                  <State tone={STATE_TONES[picture.state]}>{t(`area.${picture.state}`)}</State>
                )}
                {binding.length > 0 && (
                  <State tone="warning">
                    {t("grid.binding")}:{" "}
                    {binding.map(({ from, to }) => `${from} → ${to}`).join(", ")}
                  </State>
                )}
                {controller && isSilent(controller) && (
                  <State tone="bad">
                    {t("area.controller_silent", {
                      time: remaining((controller.silent_s ?? 0) * 1_000),
                    })}
                  </State>
                )}
                {missing > 0 && (
                  <State tone="warning">{t("area.silent", { count: format.whole(missing) })}</State>
                )}
              </span>
            </Link>
          </li>
        );
      })}
    </ul>
  );
}

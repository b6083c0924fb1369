// The sessions of a day as a clock has them: a row for each hour, a cell for each interval.

import { useRef, type KeyboardEvent } from "react";
import { DayPicker } from "../../../parts/filter/DayPicker";
import { Filters } from "../../../parts/filter/Filters";
import { Icon, type IconName } from "../../../parts/icons";
import { Panel } from "../../../parts/frame/Panel";
import { Empty, Loading } from "../../../parts/state/states";
import { State } from "../../../parts/text/State";
import { local } from "../../../language/zone";
import { PHASES, type Market } from "../../../wire/types";
import { tradedDays } from "../../place";
import type { Session } from "../../wire";
import { hourRows, markOf, marks, MARK_TONES, moved, type MarkName } from "./calendar";
import { useTexts } from "./texts";

const ICONS: Record<MarkName, IconName> = {
  fault: "bad",
  cancelled: "close",
  overdue: "waiting",
  stopped: "stopped",
  lesser: "warning",
};

interface Props {
  market: Market;
  day: string;
  sessions: readonly Session[];
  loading: boolean;
  selected: Session | null;
  nowMs: number;
  onDay(day: string): void;
  onSelect(start: string): void;
}

export function Calendar(props: Props) {
  const { market, day, sessions, loading, selected, nowMs, onDay, onSelect } = props;
  const { t, format } = useTexts();
  const rows = hourRows(sessions, market.time_zone);
  const grid = useRef<HTMLDivElement>(null);
  const found = marks(sessions, nowMs);
  const present = PHASES.filter((phase) => sessions.some((each) => each.phase === phase));
  const keys = (event: KeyboardEvent) => {
    if (selected === null) return;
    const next = moved(rows, selected.start, event.key);
    if (next === selected.start) return;
    event.preventDefault();
    onSelect(next);
    grid.current?.querySelector<HTMLElement>(`[data-start="${next}"]`)?.focus();
  };
  return (
    <Panel
      title={t("calendar.title")}
      note={t("calendar.count", { count: format.whole(sessions.length) })}
      tools={
        <Filters label={t("calendar.day")}>
          <DayPicker
            label={t("calendar.day")}
            value={day}
            {...tradedDays(market)}
            onChange={onDay}
          />
        </Filters>
      }
    >
      <p className="ss-marks" role="status">
        {loading || sessions.length === 0 ? null : found.length === 0 ? (
          <State tone="good">{t("calendar.nothing_wrong")}</State>
        ) : (
          found.map(([mark, count]) => (
            <State key={mark} tone={MARK_TONES[mark]} icon={ICONS[mark]}>
              {t(`mark.${mark}`)} {format.whole(count)}
            </State>
          ))
        )}
      </p>
      {loading ? (
        <Loading shape="table" rows={8} />
      ) : rows.length === 0 ? (
        <Empty title={t("calendar.empty")}>{t("calendar.empty_text")}</Empty>
      ) : (
        <div
          ref={grid}
          className="ss-calendar"
          role="grid"
          aria-label={t("calendar.label")}
          onKeyDown={keys}
        >
          {rows.map((row) => (
            <div key={row.key} className="ss-hour" role="row">
              <span className="ss-hour-label" role="rowheader">
                {row.label}
              </span>
              {row.sessions.map((session) => (
                <Cell
                  key={session.start}
                  session={session}
                  zone={market.time_zone}
                  mark={markOf(session, nowMs)}
                  selected={session.start === selected?.start}
                  now={Date.parse(session.start) <= nowMs && nowMs < Date.parse(session.end)}
                  onSelect={onSelect}
                />
              ))}
            </div>
          ))}
        </div>
      )}
      <ul className="ss-legend">
        {present.map((phase) => (
          <li key={phase}>
            <span className="ss-key" data-phase={phase} aria-hidden="true" />
            {t(`phase.${phase}`)}
          </li>
        ))}
        <li>
          <span className="ss-key ss-key-now" aria-hidden="true" /> {t("calendar.now")}
        </li>
      </ul>
    </Panel>
  );
}

interface CellProps {
  session: Session;
  zone: string;
  mark: MarkName | null;
  selected: boolean;
  /** It is delivered now. */
  now: boolean;
  onSelect(start: string): void;
}

function Cell({ session, zone, mark, selected, now, onSelect }: CellProps) {
  const { t, format } = useTexts();
  const { minute } = local(Date.parse(session.start), zone);
  const words = [
    format.interval(session.start, session.end),
    t(`phase.${session.phase}`),
    ...(mark === null ? [] : [t(`mark.${mark}`)]),
    ...(now ? [t("calendar.now")] : []),
  ].join(", ");
  return (
    <span role="gridcell" aria-selected={selected} className="ss-cell-box">
      <button
        type="button"
        className="ss-cell"
        data-phase={session.phase}
        data-start={session.start}
        data-now={now || undefined}
        data-mark={mark ?? undefined}
        aria-label={words}
        data-selected={selected || undefined}
        tabIndex={selected ? 0 : -1}
        title={words}
        onClick={() => onSelect(session.start)}
      >
        <span aria-hidden="true">{String(minute).padStart(2, "0")}</span>
        {mark !== null && <Icon name={ICONS[mark]} size={13} />}
      </button>
    </span>
  );
}

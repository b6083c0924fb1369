// Alarms: what somebody has to look at, until somebody has.

import { useCallback, useMemo, useState } from "react";
import { Figure, Tiles } from "../../../parts/frame/Figures";
import { Page } from "../../../parts/frame/Page";
import { Panel } from "../../../parts/frame/Panel";
import { Tabs } from "../../../parts/frame/Tabs";
import { Choose } from "../../../parts/filter/Filters";
import { Stale } from "../../../parts/state/states";
import { DataTable } from "../../../parts/table/DataTable";
import type { Column } from "../../../parts/table/columns";
import { useToast } from "../../../parts/act/toasts";
import { Badge, State } from "../../../parts/text/State";
import { Ago, Time } from "../../../parts/text/When";
import { useChannel, useClock, useLive, useNews } from "../../../shell/live";
import { useMarket } from "../../../shell/markets";
import { useAct, useList } from "../../../wire/queries";
import type { Notice } from "../../../wire/types";
import { AlarmDetails } from "./AlarmDetails";
import { ALARMS, TONES, byUrgency, type Alarm } from "../../alarms";
import { ROW_TONES, counts, oldestOpen } from "./alarms";
import { FIRST, heard } from "./notices";
import { word } from "../../../language/words";
import { useTexts } from "./texts";

type Shown = "now" | "closed" | "notices";

export default function Alarms() {
  const { t, format } = useTexts();
  const market = useMarket();
  const { live, sinceMs } = useLive();
  const clock = useClock();
  const now = clock?.nowMs;
  // What is not closed is whole and small, what is closed may be long and is asked for. One reading
  // for both states: between two, what goes from one to the other would for a moment be in neither.
  const alarms = useList(ALARMS, { query: { state: "open,acknowledged" }, all: true });
  useNews("alarms", market.market_id, ALARMS);
  const notices = useChannel("alarms", market.market_id, heard, FIRST);
  const [tab, show] = useState<Shown>("now");
  const standing = useMemo(() => [...alarms.items].sort(byUrgency), [alarms.items]);
  const known = alarms.state === "ready";
  const oldest = oldestOpen(standing);
  const waiting = standing.filter(({ state }) => state === "open").length;

  return (
    <Page title={t("title")} description={t("about")}>
      <Stale stale={!live} since={sinceMs}>
        <Tiles label={t("tiles")} known={known}>
          {counts(standing).map(({ severity, open: fresh, acknowledged }) => (
            <Figure
              key={severity}
              label={word(t, "severity", severity)}
              {...(fresh > 0 ? { tone: TONES[severity] } : {})}
              note={t("acknowledged_count", { count: format.whole(acknowledged) })}
            >
              {format.whole(fresh)}
            </Figure>
          ))}
          <Figure
            label={t("oldest")}
            note={oldest ? word(t, "alarm", oldest.kind) : t("none_waits")}
          >
            {oldest === null || now === undefined ? "–" : <Ago at={oldest.raised_at} now={now} />}
          </Figure>
        </Tiles>
      </Stale>
      <Tabs
        label={t("title")}
        shown={tab}
        onShow={(key) => show(key as Shown)}
        tabs={[
          {
            key: "now",
            title: t("tab.now"),
            ...(known ? { count: format.whole(waiting) } : {}),
            content: () => (
              <AlarmTable
                name="alarms"
                alarms={standing}
                state={alarms.state}
                problem={alarms.problem}
                again={alarms.again}
                now={now}
                acting
              />
            ),
          },
          { key: "closed", title: t("tab.closed"), content: () => <Closed now={now} /> },
          {
            key: "notices",
            title: t("tab.notices"),
            content: () => <Notices notices={notices.state} heard={notices.heard} />,
          },
        ]}
      />
    </Page>
  );
}

type Loaded = "loading" | "ready" | "failed";

function Closed({ now }: { now: number | undefined }) {
  const closed = useList(ALARMS, { query: { state: "closed" }, all: true });
  const alarms = useMemo(() => [...closed.items].reverse(), [closed.items]);
  return (
    <AlarmTable
      name="alarms-closed"
      alarms={alarms}
      state={closed.state}
      problem={closed.problem}
      again={closed.again}
      now={now}
    />
  );
}

interface AlarmTableProps {
  name: string;
  alarms: readonly Alarm[];
  state: Loaded;
  problem: { code: string; traceId: string | null } | null;
  again(): void;
  now: number | undefined;
  /** Rows may be ticked and acknowledged together. */
  acting?: boolean;
}

const keyOf = (alarm: Alarm) => alarm.alarm_id;
const toneOf = (alarm: Alarm) =>
  alarm.state === "open" && alarm.severity !== "info" ? ROW_TONES[alarm.severity] : undefined;

function AlarmTable({ name, alarms, state, problem, again, now, acting }: AlarmTableProps) {
  const { t, format } = useTexts();
  const toast = useToast();
  const [level, chooseLevel] = useState<string | null>(null);
  const acknowledge = useAct("post", "/v1/markets/{market}/alarms/{alarm_id}:acknowledge", {
    renews: [ALARMS],
  });
  const columns = useColumns();
  const shown = useMemo(
    () => alarms.filter((alarm) => level === null || alarm.level === level),
    [alarms, level],
  );
  const { act } = acknowledge;
  const take = useCallback(
    async (rows: Alarm[]) => {
      let done = 0;
      for (const { alarm_id } of rows.filter((alarm) => alarm.state === "open")) {
        const answer = await act({ params: { alarm_id } });
        if (!answer.ok) {
          toast(t("not_done", { code: answer.problem.code }), "bad");
          return;
        }
        done += 1;
      }
      toast(t("acknowledged_now", { count: format.whole(done) }));
    },
    [act, toast, t, format],
  );
  return (
    <Panel title={t("list")} flush>
      <DataTable
        name={name}
        label={t("list")}
        columns={columns}
        rows={shown}
        rowKey={keyOf}
        tone={toneOf}
        state={state}
        {...(problem
          ? { failed: { code: problem.code, traceId: problem.traceId, onAgain: again } }
          : {})}
        empty={acting ? t("empty_now") : t("empty_closed")}
        details={(alarm) => <AlarmDetails alarm={alarm} now={now} />}
        tools={
          <Choose
            label={t("column.level")}
            value={level}
            onChange={chooseLevel}
            options={(["unit", "area", "market"] as const).map((value) => ({
              value,
              text: word(t, "level", value),
            }))}
          />
        }
        {...(acting
          ? { acts: [{ label: t("acknowledge"), run: (rows: Alarm[]) => void take(rows) }] }
          : {})}
      />
    </Panel>
  );
}

function useColumns(): Column<Alarm>[] {
  const { t } = useTexts();
  return useMemo<Column<Alarm>[]>(
    () => [
      {
        key: "severity",
        title: t("column.severity"),
        kind: "text",
        value: ({ severity }) => severity,
        said: ({ severity }) => word(t, "severity", severity),
        cell: ({ severity }) => (
          <Badge tone={TONES[severity]} {...(severity === "critical" ? { icon: "warning" } : {})}>
            {word(t, "severity", severity)}
          </Badge>
        ),
        width: 120,
        choosable: true,
      },
      {
        key: "kind",
        title: t("column.kind"),
        kind: "text",
        value: ({ kind }) => kind,
        said: ({ kind }) => word(t, "alarm", kind),
        cell: ({ kind }) => word(t, "alarm", kind),
        width: 230,
        choosable: true,
        card: "title",
      },
      {
        key: "member",
        title: t("column.member"),
        kind: "text",
        value: ({ member_id }) => member_id,
        width: 140,
      },
      {
        key: "level",
        title: t("column.level"),
        kind: "text",
        value: ({ level }) => level,
        said: ({ level }) => word(t, "level", level),
        cell: ({ level }) => word(t, "level", level),
        width: 90,
      },
      {
        key: "raised",
        title: t("column.raised"),
        kind: "time",
        value: ({ raised_at }) => raised_at,
        cell: ({ raised_at }) => <Time at={raised_at} day />,
        width: 200,
      },
      {
        key: "state",
        title: t("column.state"),
        kind: "text",
        value: ({ state }) => state,
        said: ({ state }) => t(`state.${state}`),
        cell: ({ state }) => (
          <State tone={state === "open" ? "warning" : state === "closed" ? "good" : "accent"}>
            {t(`state.${state}`)}
          </State>
        ),
        width: 130,
      },
      {
        key: "by",
        title: t("column.by"),
        kind: "text",
        value: ({ closed_by, acknowledged_by }) => closed_by ?? acknowledged_by,
        width: 140,
      },
    ],
    [t],
  );
}

const noticeKey = (notice: Notice) =>
  `${notice.at} ${notice.code} ${notice.area ?? ""} ${notice.start ?? ""}`;

function Notices({ notices, heard: known }: { notices: readonly Notice[]; heard: boolean }) {
  const { t, format } = useTexts();
  const { live, sinceMs } = useLive();
  const columns = useMemo<Column<Notice>[]>(
    () => [
      {
        key: "at",
        title: t("column.at"),
        kind: "time",
        value: ({ at }) => at,
        cell: ({ at }) => <Time at={at} day seconds />,
        width: 170,
      },
      {
        key: "code",
        title: t("column.kind"),
        kind: "text",
        value: ({ code }) => code,
        said: ({ code }) => word(t, "notice", code),
        cell: ({ code }) => word(t, "notice", code),
        width: 260,
        choosable: true,
        card: "title",
      },
      { key: "area", title: t("column.area"), kind: "text", value: ({ area }) => area, width: 90 },
      {
        key: "start",
        title: t("column.delivery"),
        kind: "time",
        value: ({ start }) => start,
        cell: ({ start }) => (start === null ? t("all_intervals") : format.stamp(start)),
        width: 200,
      },
      {
        key: "details",
        title: t("column.details"),
        kind: "text",
        value: ({ details }) => said(details),
        width: 260,
      },
    ],
    [t, format],
  );
  return (
    <Panel title={t("tab.notices")} note={t("notices_note")} flush>
      <Stale stale={!live} since={sinceMs}>
        <DataTable
          name="alarm-notices"
          label={t("tab.notices")}
          columns={columns}
          rows={notices}
          rowKey={noticeKey}
          state={known ? "ready" : "loading"}
          empty={t("empty_notices")}
        />
      </Stale>
    </Panel>
  );
}

const said = (details: Notice["details"]) =>
  Object.entries(details)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(", ");

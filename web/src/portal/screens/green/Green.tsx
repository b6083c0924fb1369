// Green certificates: what one has of them and from where, what became of them, and how green one's
// days were beside the market's.

import { useMemo, useState } from "react";
import type { Format } from "../../../language/format";
import { daysLater, localDate } from "../../../language/zone";
import { Button } from "../../../parts/Button";
import { Choose, Filters } from "../../../parts/filter/Filters";
import { Figure, Gauge, Tiles } from "../../../parts/frame/Figures";
import { Page, Panels } from "../../../parts/frame/Page";
import { Panel } from "../../../parts/frame/Panel";
import { Failed, Loading } from "../../../parts/state/states";
import type { Column } from "../../../parts/table/columns";
import { csvText, saveCsv } from "../../../parts/table/csv";
import { DataTable } from "../../../parts/table/DataTable";
import { Energy } from "../../../parts/text/Quantity";
import { useToast } from "../../../parts/act/toasts";
import { word } from "../../../language/words";
import { useClock, useNews } from "../../../shell/live";
import { useMarket } from "../../../shell/markets";
import { useSession } from "../../../shell/session";
import { callAll } from "../../../wire/client";
import { useList } from "../../../wire/queries";
import { Acts } from "./Acts";
import { group, groups, sharePpm, type By, type Group } from "./green";
import { useTexts, type Say } from "./texts";
import { ACTS, LOTS, SHARE, STATEMENT, type CertificateAct } from "./wire";
import "./green.css";

const SPANS = ["7", "31", "92"] as const;
const WAYS: readonly By[] = ["source", "area_id", "day"];
/** Days whose green part is shown. */
const SHARE_DAYS = 7;

export default function Green() {
  const { t } = useTexts();
  const { time_zone } = useMarket();
  const nowMs = useClock()?.nowMs ?? null;
  return (
    <Page title={t("title")} description={t("description")}>
      {nowMs === null ? (
        <Loading shape="tiles" rows={4} />
      ) : (
        <Certificates today={localDate(nowMs, time_zone)} />
      )}
    </Page>
  );
}

function Certificates({ today }: { today: string }) {
  const { t, format } = useTexts();
  const { session } = useSession();
  const [span, setSpan] = useState<string>("31");
  const [by, setBy] = useState<By>("source");
  const query = { from_day: daysLater(today, 1 - Number(span)), to_day: daysLater(today, 1) };
  const read = useList(LOTS, { query, all: true, keep: true });
  const acts = useList(ACTS, { all: true });
  useNews("account", session?.participant_id ?? null, LOTS, STATEMENT, ACTS, SHARE);
  const lots = read.items;
  const all = useMemo(() => group("", lots), [lots]);
  const rows = useMemo(() => groups(lots, by), [lots, by]);
  const columns = useMemo(() => columnsOf(t, format, by), [t, format, by]);
  const actColumns = useMemo(() => actColumnsOf(t, format), [t, format]);
  const failed = read.problem && {
    failed: { code: read.problem.code, traceId: read.problem.traceId, onAgain: read.again },
  };
  return (
    <>
      <Filters label={t("filter_label")}>
        <Choose
          label={t("span_label")}
          value={span}
          all={null}
          options={SPANS.map((value) => ({ value, text: t("span", { count: value }) }))}
          onChange={(next) => next && setSpan(next)}
        />
        <Choose
          label={t("by_label")}
          value={by}
          all={null}
          options={WAYS.map((value) => ({ value, text: t(`by.${value}`) }))}
          onChange={(next) => next && setBy(next as By)}
        />
        <Statement {...query} />
      </Filters>
      {read.state === "loading" ? (
        <Loading shape="tiles" rows={5} />
      ) : (
        <Tiles label={t("sums")}>
          <Figure label={t("col.held")} note={t("held_note")}>
            <Energy kwh={all.held} />
          </Figure>
          <Figure label={t("col.used")} note={t("used_note")}>
            <Energy kwh={all.used} />
          </Figure>
          <Figure label={t("col.retired")}>
            <Energy kwh={all.retired} />
          </Figure>
          <Figure label={t("col.received")}>
            <Energy kwh={all.received} />
          </Figure>
          <Figure label={t("col.given")}>
            <Energy kwh={all.given} />
          </Figure>
        </Tiles>
      )}
      <Acts today={today} />
      <Panels least={420}>
        <Panel title={t("lots.title")} flush>
          <DataTable
            name={`certificates-${by}`}
            label={t("lots.title")}
            {...{ columns, rows }}
            rowKey={({ key }) => key}
            state={read.state}
            {...(failed ?? {})}
            empty={t("lots.none")}
            height={300}
          />
        </Panel>
        <Shares today={today} />
      </Panels>
      <Panel title={t("moves.title")} flush>
        <DataTable
          name="certificate-acts"
          label={t("moves.title")}
          columns={actColumns}
          rows={acts.items}
          rowKey={(act) => [act.kind, act.reference, act.unit_id, act.start].join()}
          state={acts.state}
          {...(acts.problem
            ? {
                failed: {
                  code: acts.problem.code,
                  traceId: acts.problem.traceId,
                  onAgain: acts.again,
                },
              }
            : {})}
          empty={t("moves.none")}
          height={240}
        />
      </Panel>
    </>
  );
}

/** Lot by lot, as a file. */
function Statement({ from_day, to_day }: { from_day: string; to_day: string }) {
  const { t } = useTexts();
  const { market_id, time_zone } = useMarket();
  const toast = useToast();
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    const answer = await callAll(STATEMENT, {
      params: { market: market_id },
    });
    setBusy(false);
    if (!answer.ok) {
      toast(word(t, "refusal", answer.problem.code), "bad");
      return;
    }
    const rows = answer.value;
    const lots = rows.filter(({ start }) => {
      const day = localDate(Date.parse(start), time_zone);
      return day >= from_day && day < to_day;
    });
    const names = Object.keys(rows[0] ?? {}) as (keyof (typeof rows)[number])[];
    saveCsv(
      `certificates-${from_day}-${daysLater(to_day, -1)}`,
      csvText([names, ...lots.map((lot) => names.map((name) => lot[name]))]),
    );
    toast(t("statement_saved", { count: lots.length }));
  };
  return (
    <Button icon="download" isDisabled={busy} onPress={() => void save()}>
      {t("statement")}
    </Button>
  );
}

function Shares({ today }: { today: string }) {
  const { t } = useTexts();
  const days = Array.from({ length: SHARE_DAYS }, (_, index) => daysLater(today, -1 - index));
  return (
    <Panel title={t("share.title")} foot={t("share.foot")}>
      <ul className="green-days">
        {days.map((day) => (
          <ShareOfDay key={day} day={day} />
        ))}
      </ul>
    </Panel>
  );
}

function ShareOfDay({ day }: { day: string }) {
  const { t, format } = useTexts();
  const { trading_from, time_zone } = useMarket();
  const traded = day >= localDate(Date.parse(trading_from), time_zone);
  const read = useList(SHARE, { query: { day }, all: true, when: traded });
  const rows = read.items;
  const [own, market] = [sharePpm(rows, "own"), sharePpm(rows, "market")];
  if (!traded) return null;
  return (
    <li>
      <b>{format.day(`${day}T12:00:00Z`)}</b>
      {read.state === "failed" && read.problem ? (
        <Failed code={read.problem.code} traceId={read.problem.traceId} onAgain={read.again} />
      ) : read.state === "loading" ? (
        <Loading rows={1} />
      ) : market === null && own === null ? (
        <span>{t("share.none")}</span>
      ) : (
        <>
          <Gauge label={t("share.own")} percent={(own ?? 0) / 10_000}>
            {format.share(own)}
          </Gauge>
          <Gauge label={t("share.market")} percent={(market ?? 0) / 10_000}>
            {format.share(market)}
          </Gauge>
        </>
      )}
    </li>
  );
}

/** The name of a source of energy, also of one that this page does not know yet. */
const sourceOf = (t: Say, code: string): string =>
  t(`source.${code}` as Parameters<Say>[0], { defaultValue: "" }) || t("word.unknown", { code });

function columnsOf(t: Say, format: Format, by: By): Column<Group>[] {
  const name = (key: string) =>
    by === "source" ? sourceOf(t, key) : by === "day" ? format.day(`${key}T12:00:00Z`) : key;
  const energy = (key: Exclude<keyof Group, "key">): Column<Group> => ({
    ...{ key, title: t(`col.${key}`), unit: t("unit.kwh"), kind: "decimal" },
    hidden: key === "kept" || key === "exported",
    value: (row) => row[key],
    cell: (row) => format.kwh(row[key]),
  });
  return [
    {
      ...{ key: "key", title: t(`by.${by}`), kind: "text", card: "title" },
      value: ({ key }) => key,
      cell: ({ key }) => name(key),
      said: ({ key }) => name(key),
    },
    ...(["held", "used", "retired", "kept", "received", "given", "exported"] as const).map(energy),
  ];
}

function actColumnsOf(t: Say, format: Format): Column<CertificateAct>[] {
  return [
    {
      ...{ key: "at", title: t("moves.at"), kind: "time", card: "title" },
      value: ({ at }) => at,
      cell: ({ at }) => format.stamp(at),
    },
    {
      ...{ key: "kind", title: t("moves.what"), kind: "text", choosable: true },
      value: ({ kind }) => kind,
      cell: ({ kind }) => t(`moves.${kind}`),
      said: ({ kind }) => t(`moves.${kind}`),
    },
    {
      ...{ key: "energy", title: t("moves.energy"), unit: t("unit.kwh"), kind: "decimal" },
      value: ({ energy_kwh }) => energy_kwh,
      cell: ({ energy_kwh }) => format.kwh(energy_kwh),
    },
    { key: "unit", title: t("moves.unit"), kind: "text", value: ({ unit_id }) => unit_id },
    { key: "from", title: t("moves.from"), kind: "text", value: (act) => act.participant_id },
    { key: "to", title: t("moves.to"), kind: "text", value: ({ receiver_id }) => receiver_id },
    { key: "reference", title: t("moves.reference"), kind: "text", value: (act) => act.reference },
  ];
}

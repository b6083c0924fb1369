// System: is it well, does it keep up, what runs here.

import { useEffect, useMemo, useState } from "react";
import { Choose } from "../../../parts/filter/Filters";
import { Facts, Figure, Gauge, Tiles } from "../../../parts/frame/Figures";
import { Page, Panels } from "../../../parts/frame/Page";
import { Panel } from "../../../parts/frame/Panel";
import { Failed, Loading, Stale } from "../../../parts/state/states";
import { DataTable } from "../../../parts/table/DataTable";
import type { Column } from "../../../parts/table/columns";
import { Id, State } from "../../../parts/text/State";
import { Ago, Time } from "../../../parts/text/When";
import { useMarket } from "../../../shell/markets";
import { useRead } from "../../../wire/queries";
import { Jobs, Refused, Stream, Switches } from "./Inside";
import { Pace } from "./Pace";
import { fullness, sampled, size, standing, type MarketSystem, type Sample } from "./system";
import { useTexts } from "./texts";
import "./system.css";

/** Real time between two looks. */
const EVERY_MS = 2_000;

export default function System() {
  const { t } = useTexts();
  const found = useRead("/v1/system", { everyMs: EVERY_MS });
  const health = useRead("/v1/health", { everyMs: EVERY_MS });
  const chosen = useMarket();
  const [wish, choose] = useState<string | null>(null);
  const { value, readMs, problem } = found;
  const id = wish ?? chosen.market_id;
  const market = value?.markets.find(({ market_id }) => market_id === id) ?? value?.markets[0];
  const samples = useSamples(market, readMs);
  if (value === undefined || market === undefined) {
    return (
      <Page title={t("title")} description={t("about")}>
        {problem ? <Failed {...problem} onAgain={found.again} /> : <Loading shape="tiles" />}
      </Page>
    );
  }
  const now = Date.parse(value.clock.now);
  // An answer that did not come is the news here: the last figures stay, and are said to be old.
  const silent = problem !== null;
  return (
    <Page
      title={t("title")}
      description={t("about")}
      actions={
        value.markets.length > 1 ? (
          <Choose
            label={t("market")}
            value={market.market_id}
            all={null}
            onChange={choose}
            options={value.markets.map(({ market_id }) => ({ value: market_id, text: market_id }))}
          />
        ) : undefined
      }
    >
      {silent && <Failed {...problem} onAgain={found.again} />}
      <Stale stale={silent} since={now}>
        <div className="system-body">
          <Standing market={market} health={health.value?.status ?? null} samples={samples} />
          <Pace marketId={market.market_id} samples={samples} />
          <Panels>
            <Panel title={t("queue.title")}>
              <Gauge
                label={t("queue.title")}
                percent={fullness(market)}
                binding={market.queue >= market.queue_max}
              >
                {t("queue.of", { queue: market.queue, max: market.queue_max })}
              </Gauge>
              <p className="system-note">{t("queue.note")}</p>
              <JournalFacts market={market} now={now} database={value.database} />
            </Panel>
            <Panel title={t("jobs.title")}>
              <Jobs market={market} now={now} />
            </Panel>
            <Panel title={t("stream.title")}>
              <Stream market={market} />
            </Panel>
            <Panel title={t("server.title")}>
              <Facts
                facts={[
                  { label: t("server.version"), value: value.version },
                  {
                    label: t("server.software"),
                    value: <Id value={value.software} letters={12} />,
                    note: t("server.software_note"),
                  },
                  { label: t("server.python"), value: value.python },
                  { label: t("server.started"), value: <RealTime at={value.started_at} /> },
                  {
                    label: t("server.clock"),
                    value: <Time at={value.clock.now} day seconds />,
                    note: t(value.clock.simulated ? "server.simulated" : "server.real", {
                      speed: value.clock.speed,
                    }),
                  },
                ]}
              />
            </Panel>
            <Panel title={t("switches.title")} note={t("switches.note")}>
              <Switches server={value.features} market={market.features} />
            </Panel>
            <Panel title={t("refused.title")} flush>
              <Refused refused={value.refused} />
            </Panel>
          </Panels>
          {value.markets.length > 1 && <Markets markets={value.markets} />}
        </div>{" "}
      </Stale>
    </Page>
  );
}

/** When the server began is real time, whatever the market's clock says. */
function RealTime({ at }: { at: string }) {
  return (
    <>
      <Time at={at} day /> <Ago at={at} />
    </>
  );
}

function useSamples(market: MarketSystem | undefined, readMs: number): readonly Sample[] {
  const [kept, keep] = useState<{ of: string; samples: readonly Sample[] }>({
    of: "",
    samples: [],
  });
  useEffect(() => {
    if (market === undefined || readMs === 0) return;
    keep(({ of, samples }) => ({
      of: market.market_id,
      samples: sampled(of === market.market_id ? samples : [], market, readMs),
    }));
  }, [market, readMs]);
  return kept.of === market?.market_id ? kept.samples : [];
}

interface StandingProps {
  market: MarketSystem;
  /** As everybody is told it. */
  health: string | null;
  samples: readonly Sample[];
}

function Standing({ market, health, samples }: StandingProps) {
  const { t, format } = useTexts();
  const tone = health !== null && health !== "ok" ? "bad" : standing(market);
  const most = samples.reduce((found, { lag }) => Math.max(found, lag), 0);
  const pace = samples.at(-1)?.perSecond ?? null;
  return (
    <Tiles label={t("title")}>
      <Figure
        label={t("standing.label")}
        tone={tone}
        note={t("standing.health", { status: health ?? "–" })}
      >
        <State tone={tone}>
          {t(
            tone === "good"
              ? "standing.good"
              : tone === "bad"
                ? "standing.bad"
                : "standing.warning",
          )}
        </State>
      </Figure>
      <Figure label={t("lag.label")} note={t("lag.most", { count: format.whole(most) })}>
        {format.whole(market.lag)}
      </Figure>
      <Figure label={t("pace.label")} note={t("pace.unit")}>
        {pace === null ? "–" : format.plain(pace)}
      </Figure>
      <Figure
        label={t("stream.clients")}
        note={t("stream.lagging_count", { count: format.whole(market.stream.lagging) })}
        {...(market.stream.lagging > 0 ? { tone: "warning" as const } : {})}
      >
        {format.whole(market.stream.clients)}
      </Figure>
      <Figure label={t("members")} note={t("units", { count: format.whole(market.units) })}>
        {format.whole(market.participants)}
      </Figure>
    </Tiles>
  );
}

interface JournalProps {
  market: MarketSystem;
  now: number;
  database: "sqlite" | "postgresql";
}

function JournalFacts({ market, now, database }: JournalProps) {
  const { t, format } = useTexts();
  const kept = market.kept_bytes === null ? null : size(market.kept_bytes);
  return (
    <Facts
      facts={[
        { label: t("journal.committed"), value: format.whole(market.committed_seq) },
        { label: t("journal.projected"), value: format.whole(market.projected_seq) },
        { label: t("journal.events"), value: format.whole(market.committed_event_seq) },
        {
          label: t("journal.at"),
          value: <Time at={market.committed_at} day seconds />,
          note: <Ago at={market.committed_at} now={now} />,
        },
        {
          label: t("journal.batches"),
          value: format.whole(market.batches),
          note: t("journal.snapshot", { batch: format.whole(market.snapshot_batch) }),
        },
        { label: t("journal.epoch"), value: format.whole(market.epoch) },
        {
          label: t("journal.database"),
          value: t(`database.${database}`),
          note:
            kept === null ? t("journal.size_unknown") : `${format.plain(kept.value)} ${kept.unit}`,
        },
      ]}
    />
  );
}

const idOf = ({ market_id }: MarketSystem) => market_id;

function Markets({ markets }: { markets: readonly MarketSystem[] }) {
  const { t, format } = useTexts();
  const columns = useMemo((): Column<MarketSystem>[] => {
    const number = (key: string, title: string, of: (row: MarketSystem) => number) => ({
      ...{ key, title, kind: "decimal" as const, value: of, width: 110 },
      cell: (row: MarketSystem) => format.whole(of(row)),
    });
    return [
      { key: "market", title: t("market"), kind: "text", value: idOf, card: "title", width: 160 },
      {
        ...{ key: "standing", title: t("standing.label"), kind: "text", width: 160 },
        value: standing,
        cell: (row) => (
          <State tone={standing(row)}>
            {t(
              standing(row) === "good"
                ? "standing.good"
                : standing(row) === "bad"
                  ? "standing.bad"
                  : "standing.warning",
            )}
          </State>
        ),
      },
      number("lag", t("lag.label"), ({ lag }) => lag),
      number("queue", t("queue.title"), ({ queue }) => queue),
      number("committed", t("journal.committed"), ({ committed_seq }) => committed_seq),
      number("clients", t("stream.clients"), ({ stream }) => stream.clients),
      number("members", t("members"), ({ participants }) => participants),
    ];
  }, [t, format]);
  return (
    <Panel title={t("markets")} flush>
      <DataTable
        name="system-markets"
        label={t("markets")}
        columns={columns}
        rows={markets}
        rowKey={idOf}
        empty=""
        bare
      />
    </Panel>
  );
}

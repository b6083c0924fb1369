// Blocks and storages of the opening call: what each got, against which prices, and why.

import { useMemo, useState } from "react";
import { useMarket } from "../../../shell/markets";
import { useSession } from "../../../shell/session";
import { ChartPanel } from "../../../parts/chart/ChartPanel";
import { Figure, Tiles } from "../../../parts/frame/Figures";
import { Panel } from "../../../parts/frame/Panel";
import { Choose } from "../../../parts/filter/Filters";
import { Empty, Forbidden } from "../../../parts/state/states";
import type { Column } from "../../../parts/table/columns";
import { DataTable } from "../../../parts/table/DataTable";
import { Energy, Money, Price, Share } from "../../../parts/text/Quantity";
import { Code, Id } from "../../../parts/text/State";
import { Interval } from "../../../parts/text/When";
import { word } from "../../../language/words";
import { useList } from "../../../wire/queries";
import type { Market } from "../../../wire/types";
import { spanOf } from "../../place";
import type { Block, BlockStatus, CallKind } from "../../wire";
import { BlocksChart } from "./BlocksChart";
import { counts, delivers, hasPrice, inArea, priceLines, STATUSES } from "./blocks";
import { WHOLE } from "./facts";
import { Fate, MARKS } from "./Fate";
import { useTexts } from "./texts";
import { useBlocks } from "./useBlocks";

interface Props {
  areaId: string;
  day: string;
  call: CallKind;
  startMs: number | null;
}

export function BlocksPanel(props: Props) {
  const { t } = useTexts();
  const { session } = useSession();
  const market = useMarket();
  if (market.day_ahead == null) {
    return (
      <Panel title={t("blocks.title")}>
        <Empty title={t("blocks.no_call")}>{t("blocks.no_call_text")}</Empty>
      </Panel>
    );
  }
  if (session?.role !== "operator") {
    return (
      <Panel title={t("blocks.title")}>
        <Forbidden>{t("blocks.forbidden")}</Forbidden>
      </Panel>
    );
  }
  if (props.call !== "day_ahead") {
    return (
      <Panel title={t("blocks.title")}>
        <Empty title={t("blocks.other_call")}>{t("blocks.other_call_text")}</Empty>
      </Panel>
    );
  }
  return <Blocks market={market} {...props} />;
}

function Blocks({ market, areaId, day, call, startMs }: Props & { market: Market }) {
  const { t, format } = useTexts();
  const [status, choose] = useState<string | null>(null);
  const [picked, pick] = useState<string | null>(null);
  const [onlyThis, setOnlyThis] = useState(false);
  const all = useBlocks(market, day, call, startMs, true);
  const prices = useList("/v1/markets/{market}/prices", {
    query: { ...spanOf(day, market.time_zone), call },
    all: true,
  });
  const shown = useMemo(
    () =>
      all.items.filter(
        (each) =>
          inArea(each, areaId) &&
          (status === null || each.status === status) &&
          (!onlyThis || startMs === null || delivers(each, startMs)),
      ),
    [all.items, areaId, status, onlyThis, startMs],
  );
  const count = counts(all.items.filter((each) => inArea(each, areaId)));
  const lines = useMemo(() => priceLines(prices.items, areaId), [prices.items, areaId]);
  const columns = useColumns(market);
  const failed =
    all.problem === null ? {} : { failed: { ...all.problem, onAgain: () => all.again() } };
  const tools = (
    <>
      <label className="cv-check">
        <input
          type="checkbox"
          checked={onlyThis}
          onChange={(event) => setOnlyThis(event.target.checked)}
        />
        {t("blocks.only_this")}
      </label>
      <Choose
        label={t("blocks.status")}
        value={status}
        options={STATUSES.map((each) => ({ value: each, text: t(`status.${each}`) }))}
        onChange={choose}
      />
    </>
  );
  return (
    <>
      <Tiles label={t("blocks.counts")}>
        {STATUSES.map((each) => (
          <Figure key={each} label={t(`status.${each}`)} note={t(`status_note.${each}`)}>
            <Fate status={each}>{format.whole(count[each])}</Fate>
          </Figure>
        ))}
      </Tiles>
      <ChartPanel<Block>
        name="blocks"
        title={t("blocks.title")}
        note={areaId === WHOLE ? t("filter.whole") : areaId}
        tools={tools}
        legend={[
          ...STATUSES.map((each) => ({ key: each, label: t(`status.${each}`), ...MARKS[each] })),
          { key: "sell", label: t("side.sell"), colour: "--muted" },
          { key: "buy", label: t("side.buy"), colour: "--muted", dash: [5, 3] },
          ...lines.map((line, index) => ({
            ...{ key: line.areaId, label: t("blocks.price_of", { area: line.areaId }) },
            colour: `--series-${(index % 5) + 1}`,
          })),
        ]}
        description={t("blocks.description", {
          accepted: count.accepted,
          partly: count.partly_accepted,
          paradox: count.paradoxically_rejected,
          rejected: count.rejected,
        })}
        columns={columns}
        rows={shown}
        rowKey={(row) => row.order_id}
        state={all.state}
        {...failed}
        empty={t(all.items.length === 0 ? "blocks.empty" : "blocks.none_so")}
        height={340}
      >
        <BlocksChart
          blocks={shown}
          lines={lines}
          currency={market.currency}
          day={spanOf(day, market.time_zone)}
          picked={picked}
          onPick={pick}
        />
      </ChartPanel>
      <Panel title={t("blocks.list")} flush>
        <DataTable<Block>
          name="blocks-list"
          label={t("blocks.list")}
          columns={columns}
          rows={shown}
          rowKey={(row) => row.order_id}
          sort={[{ id: "status", desc: false }]}
          state={all.state}
          {...failed}
          empty={t(all.items.length === 0 ? "blocks.empty" : "blocks.none_so")}
          tone={(row) => (row.status === "paradoxically_rejected" ? "warning" : undefined)}
          details={(row) => <Why block={row} market={market} />}
          height={Math.min(420, 110 + 34 * Math.max(3, shown.length))}
        />
      </Panel>
    </>
  );
}

/** In a sentence: what it wanted, what it got, and what would have had to be different. */
function Why({ block, market }: { block: Block; market: Market }) {
  const { t, format } = useTexts();
  const { currency } = market;
  const price = (text: string) => `${format.price(text)} ${t("unit.price", { currency })}`;
  return (
    <div className="cv-why">
      <p>
        <b>{word(t, "reason", block.reason)}.</b> {t(`why.${block.status}`)}
      </p>
      {block.gain !== null && (
        <p>{t("why.gain", { gain: format.money(block.gain, currency, { places: 4 }) })}</p>
      )}
      {block.missed_by_per_mwh !== null && (
        <p>{t("why.missed", { by: price(block.missed_by_per_mwh) })}</p>
      )}
    </div>
  );
}

const ORDER: Record<BlockStatus, string> = {
  paradoxically_rejected: "0",
  partly_accepted: "1",
  accepted: "2",
  rejected: "3",
};

function useColumns(market: Market): Column<Block>[] {
  const { t } = useTexts();
  const { currency } = market;
  return useMemo(() => {
    const kwh = t("unit.kwh");
    const columns: Column<Block>[] = [
      {
        ...{ key: "order", title: t("column.order"), kind: "text", width: 120, card: "title" },
        value: (row) => row.order_id,
        cell: (row) => <Id value={row.order_id} letters={14} />,
      },
      {
        ...{ key: "status", title: t("blocks.status"), kind: "text", width: 200 },
        // Sorted by what has to be looked at first; the file has the wire's own word.
        value: (row) => `${ORDER[row.status]} ${row.status}`,
        said: (row) => t(`status.${row.status}`),
        cell: (row) => <Fate status={row.status}>{t(`status.${row.status}`)}</Fate>,
      },
      {
        ...{ key: "reason", title: t("column.why"), kind: "text", width: 190 },
        value: (row) => row.reason,
        said: (row) => word(t, "reason", row.reason),
        cell: (row) => word(t, "reason", row.reason),
      },
      {
        ...{ key: "kind", title: t("column.kind"), kind: "text", choosable: true },
        value: (row) => row.kind,
        said: (row) => word(t, "kind", row.kind),
        cell: (row) => <Code family="kind" code={row.kind} />,
      },
      {
        ...{ key: "side", title: t("side.label"), kind: "text" },
        value: (row) => (hasPrice(row) ? row.side : null),
        said: (row) => t(`side.${row.side}`),
        cell: (row) => (hasPrice(row) ? t(`side.${row.side}`) : "–"),
      },
      {
        ...{ key: "start", title: t("column.delivery"), kind: "time", width: 140 },
        value: (row) => row.start,
        cell: (row) => <Interval start={row.start} end={row.end} />,
      },
      {
        ...{ key: "price", title: t("column.limit"), kind: "decimal" },
        unit: t("unit.price", { currency }),
        value: (row) => (hasPrice(row) ? row.price_per_mwh : null),
        cell: (row) => (
          <Price value={hasPrice(row) ? row.price_per_mwh : null} currency={currency} bare />
        ),
      },
      {
        ...{ key: "missed", title: t("column.missed"), kind: "decimal" },
        unit: t("unit.price", { currency }),
        value: (row) => row.missed_by_per_mwh,
        cell: (row) => <Price value={row.missed_by_per_mwh} currency={currency} bare />,
      },
      {
        ...{ key: "energy", title: t("column.asked"), kind: "decimal", unit: kwh },
        value: (row) => row.energy_kwh,
        cell: (row) => <Energy kwh={row.energy_kwh} least={3} />,
      },
      {
        ...{ key: "traded", title: t("column.traded"), kind: "decimal", unit: kwh },
        value: (row) => row.traded_kwh,
        cell: (row) => <Energy kwh={row.traded_kwh} least={3} />,
      },
      {
        ...{ key: "share", title: t("column.share"), kind: "decimal", unit: "%" },
        value: (row) => row.ratio_ppm / 10_000,
        cell: (row) => <Share ppm={row.ratio_ppm} />,
      },
      {
        ...{
          key: "gain",
          title: t("column.gain"),
          kind: "decimal",
          unit: currency,
          unitInCells: true,
        },
        value: (row) => row.gain,
        cell: (row) => <Money amount={row.gain} currency={currency} places={4} />,
      },
      {
        ...{ key: "participant", title: t("column.participant"), kind: "text" },
        value: (row) => row.participant_id,
      },
      {
        ...{ key: "unit", title: t("column.unit"), kind: "text", hidden: true },
        value: (row) => row.unit_id,
      },
      {
        ...{ key: "area", title: t("filter.area"), kind: "text", choosable: true },
        value: (row) => row.area_id,
        said: (row) => row.area_id,
      },
    ];
    return columns;
  }, [t, currency]);
}

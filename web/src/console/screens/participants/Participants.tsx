// The screen "Participants": who takes part, who cannot and why, and what an operator does about it.

import { useMemo, useState } from "react";
import { Button } from "../../../parts/Button";
import { Figure, Tiles } from "../../../parts/frame/Figures";
import { Page } from "../../../parts/frame/Page";
import { Panel } from "../../../parts/frame/Panel";
import { Tabs } from "../../../parts/frame/Tabs";
import { Empty, Loading } from "../../../parts/state/states";
import type { Column } from "../../../parts/table/columns";
import { DataTable } from "../../../parts/table/DataTable";
import { Money } from "../../../parts/text/Quantity";
import { State } from "../../../parts/text/State";
import { useNews } from "../../../shell/live";
import { useMarket } from "../../../shell/markets";
import { useList } from "../../../wire/queries";
import { Codes } from "./Codes";
import { Details } from "./Details";
import { MarginCalls } from "./MarginCalls";
import { Register } from "./Register";
import { TONES, connectionOf, countsOf, standingOf } from "./standing";
import { useTexts } from "./texts";
import { CALLS, OVERVIEW, type Participant } from "./wire";
import "./participants.css";

const keyOf = (each: Participant) => each.participant_id;
/** Sockets come and go without news: looked at this often, real ms. */
const LOOK_MS = 15_000;

export default function Participants() {
  const { t, format } = useTexts();
  const market = useMarket();
  const list = useList(OVERVIEW, { all: true, everyMs: LOOK_MS });
  useNews("alarms", market.market_id, OVERVIEW, CALLS);
  const [registering, register] = useState(false);
  const columns = useColumns(market.currency);
  const counts = countsOf(list.items);
  const figure = (key: keyof typeof counts, tone?: "bad" | "warning") => (
    <Figure
      label={t(`tile.${key}`)}
      {...(tone && counts[key] > 0 ? { tone } : {})}
      note={t("tile.of", { total: format.whole(list.items.length) })}
    >
      {format.whole(counts[key])}
    </Figure>
  );
  return (
    <Page
      title={t("nav.participants")}
      description={t("about")}
      actions={
        <Button kind="main" icon="plus" onPress={() => register(true)}>
          {t("register.open")}
        </Button>
      }
    >
      {list.state === "loading" ? (
        <Loading shape="tiles" />
      ) : (
        <Tiles label={t("tile.label")}>
          {figure("suspended", "bad")}
          {figure("called", "bad")}
          {figure("joining", "warning")}
          {figure("online")}
        </Tiles>
      )}
      <Tabs
        label={t("nav.participants")}
        tabs={[
          {
            key: "list",
            title: t("tab.list"),
            content: () => (
              <Panel title={t("tab.list")} flush>
                <DataTable<Participant>
                  name="participants"
                  label={t("tab.list")}
                  columns={columns}
                  rows={list.items}
                  rowKey={keyOf}
                  state={list.state}
                  {...(list.problem ? { failed: { ...list.problem, onAgain: list.again } } : {})}
                  empty={<Empty title={t("empty")}>{t("empty_text")}</Empty>}
                  details={(each) => <Details participant={each} market={market} />}
                  tone={(each) => (TONES[standingOf(each)] === "bad" ? "bad" : undefined)}
                  height={560}
                />
              </Panel>
            ),
          },
          {
            key: "calls",
            title: t("tab.calls"),
            content: () => <MarginCalls currency={market.currency} />,
          },
          {
            key: "codes",
            title: t("tab.codes"),
            content: () => <Codes market={market} />,
          },
        ]}
      />
      {registering && <Register market={market} onClose={() => register(false)} />}
    </Page>
  );
}

function useColumns(currency: string): Column<Participant>[] {
  const { t, format } = useTexts();
  return useMemo<Column<Participant>[]>(() => {
    const money = (
      key: "balance" | "credit_limit" | "held" | "available" | "margin",
      more: Partial<Column<Participant>> = {},
    ): Column<Participant> => ({
      ...{
        key,
        title: t(`column.${key}`),
        kind: "decimal",
        unit: currency,
        unitInCells: true,
        width: 112,
      },
      value: (row) => row[key],
      cell: (row) => <Money amount={row[key]} currency={currency} />,
      ...more,
    });
    return [
      {
        ...{ key: "id", title: t("column.id"), kind: "text", width: 120, card: "title" },
        value: keyOf,
      },
      {
        ...{ key: "name", title: t("column.name"), kind: "text", width: 150 },
        value: (row) => row.name,
      },
      {
        ...{ key: "area", title: t("column.area"), kind: "text", width: 80, choosable: true },
        value: (row) => row.area_id,
        said: (row) => row.area_id,
      },
      {
        ...{ key: "standing", title: t("column.standing"), kind: "text", choosable: true },
        width: 170,
        value: standingOf,
        said: (row) => t(`standing.${standingOf(row)}`),
        cell: (row) => {
          const standing = standingOf(row);
          return <State tone={TONES[standing]}>{t(`standing.${standing}`)}</State>;
        },
      },
      {
        ...{ key: "connection", title: t("column.connection"), kind: "text", width: 150 },
        value: connectionOf,
        said: (row) => t(`connection_of.${connectionOf(row)}`),
        cell: (row) =>
          t("connection_text", {
            word: t(`connection_of.${connectionOf(row)}`),
            heard: format.whole(row.units_heard),
            units: format.whole(row.units),
          }),
      },
      {
        ...{ key: "sockets", title: t("column.sockets"), kind: "decimal", width: 80 },
        value: (row) => row.sockets + row.device_sockets,
      },
      money("available"),
      money("balance"),
      money("held"),
      money("credit_limit"),
      money("margin", { hidden: true }),
      {
        ...{ key: "orders", title: t("column.orders"), kind: "decimal", width: 80 },
        value: (row) => row.open_orders,
      },
    ];
  }, [t, format, currency]);
}

// Listings: what others offer at a fixed price, neighbours first, to be taken as it stands; and one's own.

import { useMemo, useState } from "react";
import { Button } from "../../../parts/Button";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { Choose, Filters } from "../../../parts/filter/Filters";
import { Panel } from "../../../parts/frame/Panel";
import { Empty } from "../../../parts/state/states";
import type { Column } from "../../../parts/table/columns";
import { DataTable } from "../../../parts/table/DataTable";
import { State } from "../../../parts/text/State";
import { Interval } from "../../../parts/text/When";
import { useNews } from "../../../shell/live";
import { useMarket } from "../../../shell/markets";
import { useAct, useList } from "../../../wire/queries";
import type { Offer, Unit } from "./answers";
import { spanOf, totalKwh } from "./legs";
import { LISTINGS } from "./mine";
import { PostOffer } from "./PostOffer";
import { kindOf } from "./rules";
import { TakeOffer } from "./TakeOffer";
import { useTexts } from "./texts";

export function Offers({ units }: { units: readonly Unit[] }) {
  const { t } = useTexts();
  const area = units[0]?.area_id;
  const [side, chooseSide] = useState<string | null>(null);
  const [green, chooseGreen] = useState<string | null>(null);
  const [taking, take] = useState<Offer | null>(null);
  const [posting, post] = useState(false);
  const others = useList(LISTINGS, {
    query: {
      near_area_id: area,
      side: side ?? undefined,
      green: green ?? undefined,
      mine: "false",
    },
    all: true,
    keep: true,
  });
  const mine = useList(LISTINGS, { query: { mine: "true" }, all: true });
  useNews("listings", area ?? null, LISTINGS);
  const columns = useOfferColumns(area);
  const { code = "UNREACHABLE", traceId = null } = others.problem ?? {};
  if (others.problem?.code === "MODE_NOT_OFFERED") return <Empty>{t("offers.not_here")}</Empty>;
  return (
    <>
      <Panel
        title={t("offers.title")}
        flush
        tools={
          <Button kind="main" icon="plus" onPress={() => post(true)}>
            {t("offers.post")}
          </Button>
        }
      >
        <DataTable<Offer>
          name="offers"
          label={t("offers.title")}
          columns={columns}
          rows={others.items}
          rowKey={offerKey}
          state={others.state}
          failed={{ code, traceId, onAgain: others.again }}
          empty={t("offers.empty")}
          details={(offer) => (
            <div className="trade-details">
              <Button kind="main" onPress={() => take(offer)}>
                {t(offer.side === "sell" ? "offers.take_buy" : "offers.take_sell")}
              </Button>
            </div>
          )}
          height={heightOf(others.items.length)}
          tools={
            <Filters label={t("offers.filters")}>
              <Choose
                label={t("offers.i_want")}
                value={side}
                onChange={chooseSide}
                options={[
                  { value: "sell", text: t("side.buy") },
                  { value: "buy", text: t("side.sell") },
                ]}
              />
              <Choose
                label={t("offers.source")}
                value={green}
                onChange={chooseGreen}
                options={[{ value: "true", text: t("offers.green") }]}
              />
            </Filters>
          }
        />
      </Panel>
      <Panel title={t("offers.mine")} flush>
        <DataTable<Offer>
          name="own-offers"
          label={t("offers.mine")}
          columns={columns}
          rows={mine.items}
          rowKey={offerKey}
          state={mine.state}
          failed={{ code: mine.problem?.code ?? "UNREACHABLE", onAgain: mine.again }}
          empty={t("offers.mine_empty")}
          details={(offer) => <Withdraw offer={offer} />}
          bare
        />
      </Panel>
      {taking && <TakeOffer offer={taking} units={units} onClose={() => take(null)} />}
      {posting && <PostOffer units={units} onClose={() => post(false)} />}
    </>
  );
}

/** As high as a few rows want to be, and no higher than a screen bears. */
const heightOf = (rows: number) => Math.min(420, 150 + rows * 34);

const offerKey = ({ listing_id }: Offer) => listing_id;

function useOfferColumns(area: string | undefined): readonly Column<Offer>[] {
  const { t, format } = useTexts();
  const { currency, areas } = useMarket();
  return useMemo<Column<Offer>[]>(() => {
    const nameOf = (id: string) => areas.find(({ area_id }) => area_id === id)?.name ?? id;
    return [
      {
        ...{ key: "when", title: t("orders.interval"), kind: "time", width: 215, card: "title" },
        value: ({ legs }) => spanOf(legs).start,
        cell: ({ legs }) => <Interval {...spanOf(legs)} day />,
      },
      {
        ...{ key: "side", title: t("offers.what"), kind: "text", width: 110 },
        value: ({ side }) => side,
        said: ({ side }) => t(`offers.side_${side}`),
        cell: ({ side }) => t(`offers.side_${side}`),
      },
      {
        ...{ key: "price", title: t("orders.price"), kind: "decimal", width: 110 },
        unit: t("unit.price", { currency }),
        value: ({ price_per_mwh }) => price_per_mwh,
        cell: ({ price_per_mwh }) => format.price(price_per_mwh),
      },
      {
        ...{ key: "energy", title: t("offers.left"), kind: "decimal", width: 100 },
        unit: t("unit.kwh"),
        value: ({ legs }) => totalKwh(legs),
        cell: ({ legs }) => format.kwh(totalKwh(legs)),
      },
      {
        ...{ key: "source", title: t("offers.source"), kind: "text", width: 120 },
        value: ({ source }) => source,
        cell: ({ source, green }) =>
          green ? (
            <State tone="good">{t(`unit_kind.${kindOf({ kind: source })}`)}</State>
          ) : (
            t(`unit_kind.${kindOf({ kind: source })}`)
          ),
        said: ({ source }) => t(`unit_kind.${kindOf({ kind: source })}`),
      },
      {
        ...{ key: "area", title: t("offers.area"), kind: "text", width: 140 },
        value: ({ area_id }) => area_id,
        said: ({ area_id }) => nameOf(area_id),
        cell: ({ area_id }) =>
          area_id === area ? (
            <State tone="accent">{t("offers.neighbour", { area: nameOf(area_id) })}</State>
          ) : (
            nameOf(area_id)
          ),
      },
      {
        ...{ key: "seller", title: t("offers.who"), kind: "text", width: 110 },
        value: ({ seller }) => seller,
      },
    ];
  }, [t, format, currency, areas, area]);
}

function Withdraw({ offer }: { offer: Offer }) {
  const { t } = useTexts();
  const toast = useToast();
  const [asking, ask] = useState(false);
  const withdraw = useAct("delete", `${LISTINGS}/{listing_id}`, { renews: [LISTINGS] });
  return (
    <div className="trade-details">
      <Button kind="danger" onPress={() => ask(true)}>
        {t("offers.withdraw")}
      </Button>
      <ConfirmAct
        open={asking}
        title={t("offers.withdraw")}
        consequence={<p>{t("offers.withdraw_text")}</p>}
        act={t("offers.withdraw")}
        reason="none"
        busy={withdraw.busy}
        problem={withdraw.problem}
        onClose={() => ask(false)}
        onConfirm={() =>
          void withdraw.act({ params: { listing_id: offer.listing_id } }).then(({ ok }) => {
            if (!ok) return;
            ask(false);
            toast(t("offers.withdrawn"));
          })
        }
      />
    </div>
  );
}

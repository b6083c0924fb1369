// The result of an interval in numbers, and how it differs from the one beside it.

import { Figure, Tiles } from "../../../parts/frame/Figures";
import { Energy, Price } from "../../../parts/text/Quantity";
import { State } from "../../../parts/text/State";
import type { Market } from "../../../wire/types";
import type { AreaPrice, Session } from "../../wire";
import { factsOf, less, WHOLE } from "./facts";
import { useTexts, type Key } from "./texts";

interface Props {
  market: Market;
  areaId: string;
  session: Session | null;
  prices: readonly AreaPrice[];
  /** Of the interval it is compared with; null: with none. */
  beside: readonly AreaPrice[] | null;
}

export function FactTiles({ market, areaId, session, prices, beside }: Props) {
  const { t, format } = useTexts();
  const { currency } = market;
  const facts = factsOf(prices, areaId);
  const other = beside === null ? null : factsOf(beside, areaId);
  const change = (now: string | null | undefined, before: string | null | undefined) => {
    const by = less(now ?? null, before ?? null);
    return by === null ? {} : { note: t("fact.change", { by: signed(by, format.exact) }) };
  };
  const net = facts?.netKwh ?? null;
  const whole = areaId === WHOLE;
  const name: Key = whole
    ? "fact.losses"
    : net === null || Number(net) === 0
      ? "fact.net"
      : net.startsWith("-")
        ? "fact.net_import"
        : "fact.net_export";
  const rung = session?.rung ?? null;
  return (
    <Tiles label={t("fact.label")}>
      <Figure
        label={t("fact.price")}
        {...(whole
          ? { note: t("fact.by_area") }
          : priceChange(facts?.price, other?.price, currency, t("fact.than")))}
      >
        {whole ? <Range market={market} prices={prices} /> : null}
        {!whole && <Price value={facts?.price} currency={currency} />}
      </Figure>
      <Figure label={t("fact.sold")} {...change(facts?.soldKwh, other?.soldKwh)}>
        <Energy kwh={facts?.soldKwh} />
      </Figure>
      <Figure label={t("fact.bought")} {...change(facts?.boughtKwh, other?.boughtKwh)}>
        <Energy kwh={facts?.boughtKwh} />
      </Figure>
      <Figure label={t(name)} {...change(net, other?.netKwh)}>
        <Energy kwh={net?.replace("-", "")} />
      </Figure>
      <Figure
        label={t("fact.result")}
        {...(rung !== null && rung !== "optimal" ? { tone: "warning" as const } : {})}
        {...(session === null
          ? {}
          : { note: t("fact.phase", { phase: t(`phase.${session.phase}`) }) })}
      >
        {rung === null ? (
          "–"
        ) : (
          <State tone={rung === "optimal" ? "good" : "warning"}>{t(`rung.${rung}` as Key)}</State>
        )}
      </Figure>
    </Tiles>
  );
}

function priceChange(
  now: string | null | undefined,
  before: string | null | undefined,
  currency: string,
  than: string,
) {
  const by = less(now ?? null, before ?? null);
  if (by === null) return {};
  return {
    note: (
      <>
        <Price value={by} currency={currency} change bare /> {than}
      </>
    ),
  };
}

const signed = (text: string, exact: (text: string) => string) =>
  text.startsWith("-") ? exact(text) : `+${exact(text)}`;

/** Of several areas: the lowest and the highest price. */
function Range({ market, prices }: { market: Market; prices: readonly AreaPrice[] }) {
  const known = prices.flatMap(({ price_per_mwh }) =>
    price_per_mwh === null ? [] : [price_per_mwh],
  );
  const [low, high] = [minOf(known), maxOf(known)];
  if (low === null || high === null) return "–";
  if (low === high) return <Price value={low} currency={market.currency} />;
  return (
    <>
      <Price value={low} currency={market.currency} bare /> …{" "}
      <Price value={high} currency={market.currency} />
    </>
  );
}

const minOf = (prices: readonly string[]) =>
  prices.reduce<string | null>((a, b) => (a === null || Number(b) < Number(a) ? b : a), null);
const maxOf = (prices: readonly string[]) =>
  prices.reduce<string | null>((a, b) => (a === null || Number(b) > Number(a) ? b : a), null);

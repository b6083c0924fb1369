// The book of the chosen moment, drawn as the live one is.

import { useMemo } from "react";
import { word } from "../../language/words";
import { Figure, Tiles } from "../../parts/frame/Figures";
import { Split } from "../../parts/frame/Page";
import { Panel } from "../../parts/frame/Panel";
import { Energy, Price } from "../../parts/text/Quantity";
import { State } from "../../parts/text/State";
import type { Market } from "../../wire/types";
import { depthOf, spreadOf } from "../book/depth";
import { DepthPanel } from "../book/DepthPanel";
import { Ladder } from "../book/Ladder";
import { addsUp, bookOf, type BookAt } from "./replay";
import { useTexts } from "./texts";

interface Props {
  told: BookAt;
  area: string;
  market: Market;
}

export function Shown({ told, area, market: { currency } }: Props) {
  const { t, format } = useTexts();
  const { buys, sells } = useMemo(() => depthOf(bookOf(told)), [told]);
  const span = format.interval(told.start, told.end);
  const proven = addsUp(told);
  return (
    <>
      <Tiles label={t("tile.all")}>
        <Figure label={t("tile.bid")} note={<Energy kwh={buys[0]?.kwh} />}>
          <Price value={buys[0]?.price} currency={currency} />
        </Figure>
        <Figure label={t("tile.ask")} note={<Energy kwh={sells[0]?.kwh} />}>
          <Price value={sells[0]?.price} currency={currency} />
        </Figure>
        <Figure label={t("tile.spread")}>
          <Price value={spreadOf(buys, sells)} currency={currency} />
        </Figure>
      </Tiles>
      <div className="rp-stands">
        {told.phase !== null && (
          <span className={`chip phase-${told.phase}`}>{word(t, "phase", told.phase)}</span>
        )}
        <State tone={proven ? "good" : "bad"}>
          {t(proven ? "adds_up" : "differs", { checksum: String(told.checksum) })}
        </State>
      </div>
      <Split
        percent={40}
        aside={
          <Panel title={t("ladder")} note={span} flush>
            <Ladder {...{ buys, sells, currency }} label={t("ladder")} />
          </Panel>
        }
      >
        <DepthPanel {...{ buys, sells, currency }} note={span} area={area} />
      </Split>
      <p className="rp-note">{t("about")}</p>
    </>
  );
}

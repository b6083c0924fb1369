// The units of a participant with what their meters said last.

import { useState } from "react";
import { Button } from "../../../parts/Button";
import { Failed, Loading } from "../../../parts/state/states";
import { Energy, Power } from "../../../parts/text/Quantity";
import { Time } from "../../../parts/text/When";
import { useList } from "../../../wire/queries";
import type { Market } from "../../../wire/types";
import { useMarketNow } from "../../place";
import { AddUnit } from "./AddUnit";
import { useTexts } from "./texts";
import { GAPS, READINGS, UNIT_KINDS, UNITS, type Participant } from "./wire";

interface Props {
  participant: Participant;
  market: Market;
}

const DAY_MS = 86_400_000;

export function Units({ participant, market }: Props) {
  const { t } = useTexts();
  const { participant_id } = participant;
  const units = useList(UNITS, { query: { participant_id }, all: true });
  const [adding, add] = useState(false);
  const [read, look] = useState<string | null>(null);
  const { problem } = units;
  return (
    <div>
      <h3>{t("units.title")}</h3>
      {units.state === "loading" && <Loading rows={2} />}
      {units.state === "failed" && problem && <Failed {...problem} onAgain={units.again} />}
      {units.state === "ready" && units.items.length === 0 && (
        <p className="pt-none">{t("units.none")}</p>
      )}
      <ul className="pt-clients">
        {units.items.map(({ unit_id, kind, injection_max_kw, withdrawal_max_kw }) => (
          <li key={unit_id}>
            <span>
              <code>{unit_id}</code>
              <small>
                {t(`unit_kind.${UNIT_KINDS.find((each) => each === kind) ?? "retailer"}`)} ·{" "}
                {t("units.gives")} <Power kw={injection_max_kw} />, {t("units.takes")}{" "}
                <Power kw={withdrawal_max_kw} />
              </small>
              {read === unit_id && <Meter unit={unit_id} market={market} />}
            </span>
            <Button
              aria-label={t("meter.of", { unit: unit_id })}
              onPress={() => look(read === unit_id ? null : unit_id)}
            >
              {t("meter.open")}
            </Button>
          </li>
        ))}
      </ul>
      <div className="pt-acts">
        <Button icon="plus" onPress={() => add(true)}>
          {t("units.add")}
        </Button>
      </div>
      {adding && <AddUnit {...{ participant, market }} onClose={() => add(false)} />}
    </div>
  );
}

/** What a meter said within a day: its newest reading, and how many are missing. */
function Meter({ unit, market }: { unit: string; market: Market }) {
  const now = useMarketNow(null, 60_000);
  if (now === null) return <Loading rows={1} />;
  // Whole intervals, so that the same is asked until one is over.
  const step = market.interval_minutes * 60_000;
  const until = Math.floor(now / step) * step;
  return <ReadUntil unit={unit} from={iso(until - DAY_MS)} to={iso(until)} />;
}

const iso = (ms: number) => new Date(ms).toISOString();

function ReadUntil({ unit, from, to }: { unit: string; from: string; to: string }) {
  const { t, format } = useTexts();
  const query = { unit_id: unit, from, to };
  const readings = useList(READINGS, { query, all: true });
  const gaps = useList(GAPS, { query, all: true });
  const failed = readings.problem ?? gaps.problem;
  if (failed) {
    const again = () => {
      readings.again();
      gaps.again();
    };
    return <Failed code={failed.code} traceId={failed.traceId} onAgain={again} />;
  }
  if (readings.state === "loading" || gaps.state === "loading") return <Loading rows={1} />;
  const last = readings.items.at(-1);
  return (
    <small>
      {last === undefined ? (
        t("meter.none")
      ) : (
        <>
          <Time at={last.start} day />: {t("units.takes")} <Energy kwh={last.consumption_kwh} />,{" "}
          {t("units.gives")} <Energy kwh={last.generation_kwh} />
        </>
      )}{" "}
      · {t("meter.gaps", { count: format.whole(gaps.items.length) })}
    </small>
  );
}

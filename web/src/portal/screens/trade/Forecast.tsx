// What a unit is expected to do: without it a rule places nothing, so that is said, and it can be told.

import { useState } from "react";
import { Button } from "../../../parts/Button";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { DecimalField } from "../../../parts/form/fields";
import { State } from "../../../parts/text/State";
import { Time } from "../../../parts/text/When";
import { useMarket } from "../../../shell/markets";
import { useAct, useList } from "../../../wire/queries";
import type { Unit } from "./answers";
import { FORECASTS, useMarketTime } from "./mine";
import { capabilityKwh, sidesOf } from "./rules";
import { useTexts } from "./texts";

/** Of so many hours from now it is told at once. */
const HOURS = 24;

export function ForecastNote({ unit }: { unit: Unit }) {
  const { t } = useTexts();
  const { startMs } = useMarketTime();
  const [telling, tell] = useState(false);
  const from = startMs === null ? undefined : new Date(startMs).toISOString();
  const known = useList(FORECASTS, {
    query: { unit_id: unit.unit_id, from },
    when: from !== undefined,
    all: true,
    keep: true,
  });
  if (known.state !== "ready") return null;
  const until = known.items.at(-1)?.end;
  return (
    <div className="trade-forecast">
      {until === undefined ? (
        <State tone="warning">{t("forecast.none")}</State>
      ) : (
        <State tone="good">
          {t("forecast.until")} <Time at={until} day />
        </State>
      )}
      <Button kind="quiet" onPress={() => tell(true)}>
        {t("forecast.tell")}
      </Button>
      {startMs !== null && (
        <TellForecast unit={unit} startMs={startMs} open={telling} onClose={() => tell(false)} />
      )}
    </div>
  );
}

interface TellProps {
  unit: Unit;
  startMs: number;
  open: boolean;
  onClose(): void;
}

function TellForecast({ unit, startMs, open, onClose }: TellProps) {
  const { t } = useTexts();
  const market = useMarket();
  const toast = useToast();
  const sides = sidesOf(unit);
  const [takes, setTakes] = useState("0");
  const [gives, setGives] = useState("0");
  const send = useAct("post", "/v1/markets/{market}/forecasts:batch", { renews: [FORECASTS] });
  const stepMs = market.interval_minutes * 60_000;
  const untilMs = market.trading_until === null ? Infinity : Date.parse(market.trading_until);
  const starts = Array.from(
    { length: (HOURS * 60) / market.interval_minutes },
    // The next one whose gate is still open; what has begun cannot be ordered any more.
    (_, index) => startMs + stepMs * (index + 2),
  ).filter((start) => start < untilMs);
  const submit = async () => {
    const answer = await send.act({
      body: {
        items: starts.map((start) => ({
          unit_id: unit.unit_id,
          start: new Date(start).toISOString(),
          consumption_kwh: takes || "0",
          generation_kwh: gives || "0",
        })),
      },
    });
    if (!answer.ok) return;
    toast(t("forecast.told", { count: answer.value.count }));
    onClose();
  };
  const bounds = (side: "buy" | "sell") => ({
    ...{ unit: t("unit.kwh"), min: "0", step: "0.001" },
    max: capabilityKwh(unit, side, market.interval_minutes),
  });
  return (
    <ConfirmAct
      open={open}
      title={t("forecast.title", { unit: unit.unit_id })}
      consequence={
        <p>{t("forecast.text", { minutes: market.interval_minutes, count: starts.length })}</p>
      }
      act={t("forecast.tell")}
      reason="none"
      danger={false}
      busy={send.busy}
      problem={send.problem}
      onClose={onClose}
      onConfirm={() => void submit()}
    >
      {sides.includes("buy") && (
        <DecimalField
          {...bounds("buy")}
          pointer="/items/0/consumption_kwh"
          label={t("forecast.takes")}
          value={takes}
          onChange={setTakes}
        />
      )}
      {sides.includes("sell") && (
        <DecimalField
          {...bounds("sell")}
          pointer="/items/0/generation_kwh"
          label={t("forecast.gives")}
          value={gives}
          onChange={setGives}
        />
      )}
    </ConfirmAct>
  );
}

// Halt or kill: where, of whom, why; and how many that concerns.

import { useState } from "react";
import { ConfirmAct } from "../../../parts/act/ConfirmAct";
import { useToast } from "../../../parts/act/toasts";
import { ChoiceField, RadioCards, TextField } from "../../../parts/form/fields";
import { useClock } from "../../../shell/live";
import { useMarket } from "../../../shell/markets";
import { useAct, useList } from "../../../wire/queries";
import { SCOPES, unitsOf, type Scope, type StopKind } from "./control";
import { useTexts } from "./texts";

const HOURS_AHEAD_MS = 36 * 3_600_000;
/** Phases in which orders still come in or meet. */
const OPEN = new Set(["call", "continuous", "volatility_call", "halt"]);

export function StopDialog({ kind, onClose }: { kind: StopKind | null; onClose(): void }) {
  return kind === null ? null : <Asked kind={kind} onClose={onClose} />;
}

function Asked({ kind, onClose }: { kind: StopKind; onClose(): void }) {
  const { t, format } = useTexts();
  const toast = useToast();
  const market = useMarket();
  const [scope, setScope] = useState<Scope>("market");
  const [key, setKey] = useState("");
  const intervals = useOpenIntervals();
  const units = useList("/v1/markets/{market}/units", { all: true });
  const stop = useAct("post", "/v1/markets/{market}/stops", {
    renews: ["/v1/markets/{market}/stops"],
  });
  const choose = (next: string) => {
    setScope(next as Scope);
    setKey("");
  };
  const meant = unitsOf(units.items, scope, key);
  const members = new Set(meant.map(({ participant_id }) => participant_id));
  const confirm = async (reason: string) => {
    const answer = await stop.act({
      body: { kind, scope, key: scope === "market" ? "" : key, reason },
    });
    if (!answer.ok) return;
    toast(t(`done.${kind}`, { count: format.whole(answer.value.cancelled) }), "warning");
    onClose();
  };
  return (
    <ConfirmAct
      open
      title={t(`ask.${kind}`)}
      act={t(kind)}
      consequence={
        <>
          <p>{t(`consequence.${kind}`)}</p>
          <p>
            <b>
              {t("concerned", {
                units: format.whole(scope === "interval" ? units.items.length : meant.length),
                members: format.whole(members.size),
                intervals: format.whole(scope === "interval" ? 1 : intervals.length),
              })}
            </b>
          </p>
        </>
      }
      busy={stop.busy}
      problem={stop.problem}
      onConfirm={(reason) => void confirm(reason)}
      onClose={onClose}
    >
      <RadioCards
        pointer="/scope"
        label={t("where")}
        value={scope}
        onChange={choose}
        cards={SCOPES[kind].map((value) => ({ value, text: t(`scope.${value}`) }))}
      />
      {scope === "area" && (
        <ChoiceField
          pointer="/key"
          label={t("scope.area")}
          value={key}
          onChange={setKey}
          options={market.areas.map(({ area_id, name }) => ({
            value: area_id,
            text: `${area_id} · ${name}`,
          }))}
        />
      )}
      {scope === "interval" && (
        <ChoiceField
          pointer="/key"
          label={t("scope.interval")}
          value={key}
          onChange={setKey}
          options={intervals.map(({ start, end }) => ({
            value: String(Date.parse(start) / 1000),
            text: `${format.day(start)}, ${format.interval(start, end)}`,
          }))}
        />
      )}
      {(scope === "participant" || scope === "unit" || scope === "client") && (
        <TextField
          pointer="/key"
          label={t("key", { scope: t(`scope.${scope}`) })}
          value={key}
          onChange={setKey}
        />
      )}
    </ConfirmAct>
  );
}

function useOpenIntervals() {
  const clock = useClock();
  // Asked once, as soon as the market's time is known, and not with each tick.
  const [now, setNow] = useState(clock?.nowMs ?? null);
  if (now === null && clock !== null) setNow(clock.nowMs);
  const found = useList("/v1/markets/{market}/intervals", {
    query:
      now === null
        ? {}
        : { from: new Date(now).toISOString(), to: new Date(now + HOURS_AHEAD_MS).toISOString() },
    when: now !== null,
    all: true,
  });
  return found.items.filter(({ phase }) => OPEN.has(phase));
}

// The moment one looks at: a slider over market time, and steps from one change of the book to the next.

import { useEffect, useId, useState } from "react";
import { Link } from "react-router";
import { Button, IconButton } from "../../parts/Button";
import { Facts } from "../../parts/frame/Figures";
import { Panel } from "../../parts/frame/Panel";
import { Time } from "../../parts/text/When";
import { placeMs, reachOf, type BookAt } from "./replay";
import { useTexts, type Key } from "./texts";

interface Props {
  told: BookAt;
  when: string | undefined;
  /** The step that is asked for, which may not have come yet. */
  wanted: string | undefined;
  onStep(step: number): void;
  onTime(ms: number): void;
  onLatest(): void;
}

export function Moments({ told, when, wanted, onStep, onTime, onLatest }: Props) {
  const { t, format } = useTexts();
  const { step, steps, complete, command_seq: command } = told;
  const at = wanted === undefined ? (step ?? 0) : Number(wanted);
  return (
    <Panel
      title={t("moment.title")}
      note={
        complete
          ? t(told.closed_at === null ? "moment.open" : "moment.closed")
          : t("moment.reading", { until: format.stamp(told.read_until, true) })
      }
    >
      <div className="rp-moment">
        <Slider told={told} when={when} onTime={onTime} />
        <div className="rp-steps" role="group" aria-label={t("moment.steps")}>
          <Button kind="quiet" isDisabled={at <= 1} onPress={() => onStep(1)}>
            {t("moment.first")}
          </Button>
          <IconButton
            icon="back"
            label={t("moment.before")}
            isDisabled={at <= 0}
            onPress={() => onStep(at - 1)}
          />
          <span className="rp-step" aria-live="polite">
            {t("moment.step", { step: format.whole(at), steps: format.whole(steps) })}
          </span>
          <IconButton
            icon="open"
            label={t("moment.after")}
            isDisabled={step === null || at >= steps}
            onPress={() => onStep(at + 1)}
          />
          <Button kind="quiet" isDisabled={step === null || at >= steps} onPress={onLatest}>
            {t("moment.last")}
          </Button>
        </div>
        {step !== null && step > 0 && (
          <Facts
            wide
            facts={[
              {
                label: t("moment.at"),
                value: <Time at={told.at} seconds />,
                note: format.day(told.at ?? ""),
              },
              {
                label: t("moment.facts"),
                value: told.facts
                  .map((name) => t(`fact.${name}` as Key, { defaultValue: name }))
                  .join(", "),
                note: t("moment.fact", { seq: format.whole(told.event_seq) }),
              },
              {
                label: t("moment.command"),
                value: (
                  <Link to={`/audit?seq=${command}`}>
                    {t("moment.to_command", { seq: format.whole(command) })}
                  </Link>
                ),
              },
              {
                label: t("moment.next"),
                value:
                  told.next_at === null ? t("moment.no_next") : <Time at={told.next_at} seconds />,
                ...(told.next_at === null ? {} : { note: format.day(told.next_at) }),
              },
            ]}
          />
        )}
        {step === 0 && <p className="rp-note">{t("moment.nothing_yet")}</p>}
      </div>
    </Panel>
  );
}

/** How long the hand has to rest before what it points at is asked for, real ms. */
const REST_MS = 150;

function Slider({ told, when, onTime }: Pick<Props, "told" | "when" | "onTime">) {
  const { t, format } = useTexts();
  const id = useId();
  const [moved, setMoved] = useState<number | null>(null);
  useEffect(() => {
    if (moved === null) return undefined;
    const rest = setTimeout(() => {
      onTime(moved);
      setMoved(null);
    }, REST_MS);
    return () => clearTimeout(rest);
  }, [moved, onTime]);
  const reach = reachOf(told);
  if (reach === null) return null;
  const ms = moved ?? placeMs(told, when, reach);
  return (
    <div className="rp-slider">
      <label htmlFor={id}>{t("moment.time")}</label>
      <input
        id={id}
        type="range"
        min={reach.fromMs}
        max={reach.untilMs}
        step={1_000}
        value={ms}
        aria-valuetext={format.stamp(ms, true)}
        onChange={(event) => setMoved(Number(event.target.value))}
      />
      <span className="rp-ends">
        <Time at={reach.fromMs} day />
        <output htmlFor={id}>{format.stamp(ms, true)}</output>
        <Time at={reach.untilMs} day />
      </span>
    </div>
  );
}

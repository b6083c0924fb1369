// What holds for an interval each, as bars beside each other: prices of the hours to come.
//
// The one idea: what is known stands full, what is only expected as an outline. Small enough for a
// phone's first page: no chart library, one bar an interval, and one line of text says the chosen one.

import { useState, type KeyboardEvent, type PointerEvent } from "react";
import { useSpeech } from "../../language/Speak";
import "./chart.css";

export interface Slot {
  start: string;
  end: string;
  /** Decimal string; null: nothing is known of it. */
  value: string | null;
  /** False: expected, not known. */
  sure: boolean;
}

interface SlotBarsProps {
  slots: readonly Slot[];
  /** What the bars are, for who cannot see them. */
  label: string;
  valueText(value: string): string;
  /** Behind the value of what is only expected. */
  expected: string;
  /** Which bar is worth being seen first: marked by a dot above it. */
  marked?: number | null;
}

/** The picture is so many units high; its width is one unit a bar. */
const HEIGHT = 100;
/** Room above the highest bar, for the mark. */
const HEAD = 8;

export function SlotBars({ slots, label, valueText, expected, marked = null }: SlotBarsProps) {
  const { t, format } = useSpeech();
  const [chosen, choose] = useState<number | null>(null);
  const { y, zero } = scaleOf(slots);
  const at = Math.min(chosen ?? 0, slots.length - 1);
  const slot = slots[at];
  const said = (each: Slot | undefined) => {
    if (!each) return "–";
    const value = each.value === null ? "–" : valueText(each.value);
    return each.sure || each.value === null ? value : `${value} (${expected})`;
  };
  const keys = (event: KeyboardEvent) => {
    const moves: Record<string, number | null> = {
      ...{ ArrowLeft: at - 1, ArrowRight: at + 1, PageUp: at - 4, PageDown: at + 4 },
      ...{ Home: 0, End: slots.length - 1, Escape: null },
    };
    const to = moves[event.key];
    if (to === undefined) return;
    choose(to === null ? null : Math.max(0, Math.min(slots.length - 1, to)));
    event.preventDefault();
  };
  const point = (event: PointerEvent<SVGSVGElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    if (width === 0) return;
    const index = Math.floor(((event.clientX - left) / width) * slots.length);
    choose(Math.max(0, Math.min(slots.length - 1, index)));
  };
  return (
    <div className="p-slots">
      <p className="p-readout" aria-hidden="true">
        <b className="p-readout-time">{slot ? format.interval(slot.start, slot.end) : "–"}</b>
        <span>{said(slot)}</span>
      </p>
      <svg
        className="p-slots-picture"
        viewBox={`0 0 ${Math.max(1, slots.length)} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="slider"
        tabIndex={0}
        aria-label={`${label}. ${t("chart.keys")}`}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, slots.length - 1)}
        aria-valuenow={at}
        aria-valuetext={slot ? `${format.interval(slot.start, slot.end)}: ${said(slot)}` : "–"}
        onKeyDown={keys}
        onPointerMove={point}
        onPointerDown={point}
        onPointerLeave={() => choose(null)}
      >
        {slots.map((each, index) => {
          if (each.value === null) return null;
          const top = y(Number(each.value));
          return (
            <g key={each.start} className="p-slot" data-sure={each.sure} data-chosen={index === at}>
              <rect
                x={index + 0.12}
                width={0.76}
                y={Math.min(top, zero)}
                height={Math.max(0.6, Math.abs(zero - top))}
              />
              {!each.sure && <path className="p-slot-cap" d={`M${index + 0.12} ${top}h0.76`} />}
              {index === marked && (
                <path
                  className="p-slot-mark"
                  d={`M${index + 0.1} ${Math.min(top, zero) - 3}h0.8`}
                />
              )}
            </g>
          );
        })}
        <path className="p-slots-zero" d={`M0 ${zero}H${slots.length}`} />
      </svg>
      <p className="p-slots-axis" aria-hidden="true">
        {axis(slots).map(({ start }) => (
          <span key={start}>{format.timeOfDay(start)}</span>
        ))}
      </p>
    </div>
  );
}

/** Where a value stands, down from the top; zero is always in the picture. */
export function scaleOf(slots: readonly Slot[]) {
  const values = slots.flatMap(({ value }) => (value === null ? [] : [Number(value)]));
  const high = Math.max(0, ...values);
  const low = Math.min(0, ...values);
  const range = high - low || 1;
  const y = (value: number) => HEAD + ((high - value) / range) * (HEIGHT - HEAD);
  return { y, zero: y(0) };
}

/** Four times along the picture, at the beginnings of its quarters. */
const axis = (slots: readonly Slot[]) =>
  [0, 1, 2, 3].flatMap((quarter) => slots[Math.floor((slots.length * quarter) / 4)] ?? []);

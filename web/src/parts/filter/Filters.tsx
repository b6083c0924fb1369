// What narrows a screen down: a search, a choice, an interval of the day.
//
// Native controls: they are small, known to everybody, and phones bring their own pickers for them.

import { useId, type ReactNode } from "react";
import { useSpeech } from "../../language/Speak";
import { dayStarts } from "../../language/zone";
import { IconButton } from "../Button";
import { Icon } from "../icons";
import "./filters.css";

export function Filters({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="p-filters" role="search" aria-label={label}>
      {children}
    </div>
  );
}

interface SearchProps {
  label: string;
  value: string;
  onChange(value: string): void;
}

export function Search({ label, value, onChange }: SearchProps) {
  return (
    <label className="p-search">
      <Icon name="search" size={14} />
      <span className="unseen">{label}</span>
      <input
        type="search"
        value={value}
        title={label}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}

export interface Option {
  value: string;
  text: string;
}

interface ChooseProps {
  label: string;
  /** Null: all. */
  value: string | null;
  options: readonly Option[];
  onChange(value: string | null): void;
  /** Word for all of them; null: one has to be chosen. */
  all?: string | null;
}

export function Choose({ label, value, options, onChange, all }: ChooseProps) {
  const { t } = useSpeech();
  const id = useId();
  return (
    <span className="p-filter">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        value={value ?? ""}
        onChange={(event) => onChange(event.target.value === "" ? null : event.target.value)}
      >
        {all !== null && <option value="">{all ?? t("filter.all")}</option>}
        {options.map((each) => (
          <option key={each.value} value={each.value}>
            {each.text}
          </option>
        ))}
      </select>
    </span>
  );
}

interface IntervalProps {
  label: string;
  /** `2026-10-25` */
  day: string;
  /** Minutes of a delivery interval. */
  minutes: number;
  /** Start of the chosen interval, UTC ms; null: none. */
  value: number | null;
  onChange(startMs: number): void;
}

/** One of the day's intervals: 92 in spring, 100 in autumn with 3A and 3B, else 96. */
export function IntervalPicker({ label, day, minutes, value, onChange }: IntervalProps) {
  const { t, format } = useSpeech();
  const id = useId();
  const starts = dayStarts(day, format.zone, minutes);
  const at = value === null ? -1 : starts.indexOf(value);
  const step = (by: 1 | -1) => {
    const next = starts[at + by];
    if (next !== undefined) onChange(next);
  };
  return (
    <span className="p-filter">
      <label htmlFor={id}>{label}</label>
      <IconButton
        icon="back"
        label={t("filter.interval_before")}
        isDisabled={at <= 0}
        onPress={() => step(-1)}
      />
      <select
        id={id}
        value={at < 0 ? "" : String(value)}
        onChange={(event) => onChange(Number(event.target.value))}
      >
        {at < 0 && <option value="" disabled />}
        {starts.map((start) => (
          <option key={start} value={start}>
            {format.interval(start, start + minutes * 60_000)}
          </option>
        ))}
      </select>
      <IconButton
        icon="open"
        label={t("filter.interval_after")}
        isDisabled={at < 0 || at === starts.length - 1}
        onPress={() => step(1)}
      />
    </span>
  );
}

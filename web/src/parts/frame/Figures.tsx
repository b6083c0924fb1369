// Numbers that are read at a glance, and facts that are looked up.

import { createContext, use, type ReactNode } from "react";
import { Icon } from "../icons";
import type { Tone } from "../text/State";
import "./figures.css";

const Known = createContext(true);

interface TilesProps {
  label: string;
  /** False: what the figures are made of has not been read; none of them says anything then, least of all 0. */
  known?: boolean;
  children: ReactNode;
}

export function Tiles({ label, known = true, children }: TilesProps) {
  return (
    <ul className="p-tiles" aria-label={label}>
      <Known value={known}>{children}</Known>
    </ul>
  );
}

interface FigureProps {
  label: string;
  /** The number, as a rule by one of the texts of the trade. */
  children: ReactNode;
  /** What it is to be compared with: a change, a limit. */
  note?: ReactNode;
  tone?: Tone;
  /** A state in words, where the tone means one. */
  state?: ReactNode;
}

export function Figure(props: FigureProps) {
  const { label, children } = props;
  const known = use(Known);
  const { note, tone, state }: Partial<FigureProps> = known ? props : {};
  return (
    <li className={tone ? `p-figure p-${tone}` : "p-figure"} data-tone={tone}>
      <span className="p-figure-label">{label}</span>
      <span className="p-figure-value">{known ? children : "–"}</span>
      {(note !== undefined || state !== undefined) && (
        <span className="p-figure-note">
          {state}
          {note}
        </span>
      )}
    </li>
  );
}

export interface Fact {
  label: string;
  value: ReactNode;
  /** What it means, where the label does not say it. */
  note?: ReactNode;
}

/** A definition list; in columns where there is room for them. */
export function Facts({ facts, wide = false }: { facts: readonly Fact[]; wide?: boolean }) {
  return (
    <dl className={wide ? "p-facts p-facts-wide" : "p-facts"}>
      {facts.map(({ label, value, note }) => (
        <div key={label} className="p-fact">
          <dt>{label}</dt>
          <dd>
            {value}
            {note !== undefined && <span className="p-fact-note">{note}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** How full something is, of a limit; says it in numbers beside. */
export function Gauge({ label, percent, binding, children }: GaugeProps) {
  const shown = Math.max(0, Math.min(100, percent));
  return (
    <div className={binding ? "p-gauge p-bad" : "p-gauge"}>
      <div className="p-gauge-words">
        <span>{label}</span>
        <span>{children}</span>
      </div>
      <div
        className="p-gauge-track"
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(shown)}
      >
        <span style={{ width: `${shown}%` }} />
        {binding && <Icon name="warning" size={12} />}
      </div>
    </div>
  );
}

interface GaugeProps {
  label: string;
  percent: number;
  /** The limit holds something back. */
  binding?: boolean;
  children: ReactNode;
}

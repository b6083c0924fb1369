// A piece of a screen with a title of its own.

import { useId, type ReactNode } from "react";
import "./frame.css";

interface PanelProps {
  title: string;
  /** A short fact beside the title. */
  note?: ReactNode;
  tools?: ReactNode;
  /** Below the content: sums, sources. */
  foot?: ReactNode;
  /** Content up to the edges, for tables. */
  flush?: boolean;
  /** One of a few grounds for what has to be seen first. */
  tone?: "plain" | "warning" | "bad";
  children: ReactNode;
}

export function Panel({ title, note, tools, foot, flush, tone = "plain", children }: PanelProps) {
  const id = useId();
  return (
    <section className={`p-panel p-panel-${tone}`} aria-labelledby={id}>
      <header className="p-panel-head">
        <h2 id={id}>{title}</h2>
        {note !== undefined && <span className="p-panel-note">{note}</span>}
        <span className="p-spring" />
        {tools != null && <span className="p-panel-tools">{tools}</span>}
      </header>
      <div className={flush ? "p-panel-body p-panel-flush" : "p-panel-body"}>{children}</div>
      {foot !== undefined && <footer className="p-panel-foot">{foot}</footer>}
    </section>
  );
}

// A screen: its title, what it is for, what can be done, and below it the panels.

import { useEffect, type ReactNode } from "react";
import "./frame.css";

interface PageProps {
  title: string;
  description?: ReactNode;
  /** Buttons at the title. */
  actions?: ReactNode;
  /** Above the title: where one came from. */
  before?: ReactNode;
  children: ReactNode;
}

export function Page({ title, description, actions, before, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · wattmarket`;
  }, [title]);
  return (
    <div className="p-page">
      <header className="p-page-head">
        <div className="p-page-words">
          {before}
          <h1>{title}</h1>
          {description !== undefined && <p>{description}</p>}
        </div>
        {actions && <div className="p-page-actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** Panels beside each other where there is room for them, `least` wide each. */
export function Panels({ least = 340, children }: { least?: number; children: ReactNode }) {
  const columns = `repeat(auto-fit, minmax(min(100%, ${least}px), 1fr))`;
  return (
    <div className="p-panels" style={{ gridTemplateColumns: columns }}>
      {children}
    </div>
  );
}

interface SplitProps {
  /** The narrower side, which comes second on a small screen. */
  aside: ReactNode;
  children: ReactNode;
  /** Part of the width that the narrower side takes, percent. */
  percent?: number;
}

export function Split({ aside, children, percent = 34 }: SplitProps) {
  return (
    <div className="p-split">
      <div className="p-split-main" style={{ flexGrow: 100 - percent }}>
        {children}
      </div>
      <div className="p-split-aside" style={{ flexGrow: percent }}>
        {aside}
      </div>
    </div>
  );
}

export function Toolbar({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="p-toolbar" role="group" aria-label={label}>
      {children}
    </div>
  );
}

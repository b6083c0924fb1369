// One of several views at a time.

import { useEffect, useRef, type ReactNode } from "react";
import { Tab, TabList, TabPanel, Tabs as Base } from "react-aria-components/Tabs";
import "./frame.css";

export interface TabDefinition<Key extends string = string> {
  key: Key;
  title: string;
  /** How many are waiting behind it. */
  count?: string;
  content: () => ReactNode;
}

interface TabsProps<Key extends string> {
  label: string;
  tabs: readonly TabDefinition<Key>[];
  /** Both or none: none, and the first one is shown first. */
  shown?: Key;
  onShow?(key: Key): void;
}

/** So much of the one before stays in sight. */
const EDGE_PX = 24;

export function Tabs<Key extends string>({ label, tabs, shown, onShow }: TabsProps<Key>) {
  const selected = shown === undefined ? {} : { selectedKey: shown };
  const list = useRef<HTMLDivElement>(null);
  // On a phone not all of them have room: the one that is shown is in sight.
  useEffect(() => {
    const all = list.current;
    const chosen = all?.querySelector<HTMLElement>("[data-selected]");
    if (all && chosen) all.scrollLeft = chosen.offsetLeft - all.offsetLeft - EDGE_PX;
  }, [shown]);
  return (
    <Base className="p-tabs" {...selected} onSelectionChange={(key) => onShow?.(key as Key)}>
      <TabList aria-label={label} className="p-tab-list" ref={list}>
        {tabs.map(({ key, title, count }) => (
          <Tab key={key} id={key} className="p-tab">
            {title}
            {count !== undefined && <span className="p-tab-count">{count}</span>}
          </Tab>
        ))}
      </TabList>
      {tabs.map(({ key, content }) => (
        <TabPanel key={key} id={key} className="p-tab-panel">
          {content()}
        </TabPanel>
      ))}
    </Base>
  );
}

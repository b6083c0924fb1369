// One of several views at a time.

import type { ReactNode } from "react";
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

export function Tabs<Key extends string>({ label, tabs, shown, onShow }: TabsProps<Key>) {
  const selected = shown === undefined ? {} : { selectedKey: shown };
  return (
    <Base className="p-tabs" {...selected} onSelectionChange={(key) => onShow?.(key as Key)}>
      <TabList aria-label={label} className="p-tab-list">
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

// One of several views at a time.

import { useLayoutEffect, useRef, type ReactNode } from "react";
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
  return (
    <Base className="p-tabs" {...selected} onSelectionChange={(key) => onShow?.(key as Key)}>
      <TabList aria-label={label} className="p-tab-list">
        {tabs.map(({ key, title, count }) => (
          <Tab key={key} id={key} className="p-tab">
            {({ isSelected }) => (
              <>
                {isSelected && <InSight />}
                {title}
                {count !== undefined && <span className="p-tab-count">{count}</span>}
              </>
            )}
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

/** On a phone not all of them have room: the one that is shown is in sight. */
function InSight() {
  const mark = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    const tab = mark.current?.closest<HTMLElement>(".p-tab");
    const list = mark.current?.closest<HTMLElement>(".p-tab-list");
    if (tab && list) list.scrollLeft = tab.offsetLeft - list.offsetLeft - EDGE_PX;
  }, []);
  return <span ref={mark} hidden />;
}

// A hierarchy with figures beside each of its members: market, areas, units.
//
// The one idea: a treegrid as ARIA describes it, by hand, since it has to stand in our columns: one
// row has the focus, arrows walk, right opens, left closes or goes to the parent.

import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { Icon } from "../icons";
import "./tree.css";

export interface TreeNode {
  key: string;
  title: ReactNode;
  /** For screen readers and search, where the title is not a text. */
  name: string;
  /** One for each column. */
  cells?: readonly ReactNode[];
  tone?: "good" | "warning" | "bad" | undefined;
  children?: readonly TreeNode[];
}

interface TreeProps {
  label: string;
  /** Titles: of the tree itself, then of each cell. */
  columns: readonly string[];
  nodes: readonly TreeNode[];
  /** Keys of what is open at first; left out: the first level. */
  open?: readonly string[];
  selected?: string | null;
  onSelect?(key: string): void;
  /** Key that is to be seen: what lies around it is opened, and it is brought into sight. */
  reveal?: string | null | undefined;
  /** Widths of the columns as a grid's template; left out: the first one wide, the others alike. */
  template?: string;
}

interface Line {
  node: TreeNode;
  level: number;
  parent: string | null;
  at: number;
  of: number;
}

/** What is to be seen, line by line. */
export function linesOf(
  nodes: readonly TreeNode[],
  open: ReadonlySet<string>,
  level = 1,
  parent: string | null = null,
): Line[] {
  return nodes.flatMap((node, index) => [
    { node, level, parent, at: index + 1, of: nodes.length },
    ...(open.has(node.key) ? linesOf(node.children ?? [], open, level + 1, node.key) : []),
  ]);
}

/** Keys of what lies around a member, from the outside; null: there is no such member. */
export function around(nodes: readonly TreeNode[], key: string): string[] | null {
  for (const node of nodes) {
    if (node.key === key) return [];
    const inside = around(node.children ?? [], key);
    if (inside !== null) return [node.key, ...inside];
  }
  return null;
}

export function Tree(props: TreeProps) {
  const { label, columns, nodes, open: first, selected, onSelect, reveal } = props;

  const [open, setOpen] = useState<ReadonlySet<string>>(
    () => new Set(first ?? nodes.map((each) => each.key)),
  );
  const [current, setCurrent] = useState<string | null>(null);
  const grid = useRef<HTMLDivElement>(null);
  const lines = linesOf(nodes, open);
  const known = reveal != null && around(nodes, reveal) !== null;
  const latest = useRef(nodes);
  latest.current = nodes;
  useEffect(() => {
    if (!known || reveal == null) return;
    const outer = around(latest.current, reveal) ?? [];
    setOpen((before) => new Set([...before, ...outer]));
    setCurrent(reveal);
    const frame = requestAnimationFrame(() =>
      grid.current
        ?.querySelector(`[data-key="${CSS.escape(reveal)}"]`)
        ?.scrollIntoView({ block: "nearest" }),
    );
    return () => cancelAnimationFrame(frame);
  }, [reveal, known]);
  const reachable = lines.some(({ node }) => node.key === current) ? current : lines[0]?.node.key;

  const toggle = (key: string, on: boolean) => {
    const next = new Set(open);
    if (on) next.add(key);
    else next.delete(key);
    setOpen(next);
  };
  const go = (key: string | null | undefined) => {
    if (key == null) return;
    setCurrent(key);
    grid.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)?.focus();
  };
  const keys = (event: KeyboardEvent, { node, parent }: Line) => {
    if (event.target !== event.currentTarget) return;
    const at = lines.findIndex((each) => each.node.key === node.key);
    const opens = (node.children?.length ?? 0) > 0;
    if (event.key === "ArrowDown") go(lines[at + 1]?.node.key);
    else if (event.key === "ArrowUp") go(lines[at - 1]?.node.key);
    else if (event.key === "Home") go(lines[0]?.node.key);
    else if (event.key === "End") go(lines.at(-1)?.node.key);
    else if (event.key === "ArrowRight" && opens && !open.has(node.key)) toggle(node.key, true);
    else if (event.key === "ArrowRight" && opens) go(node.children?.[0]?.key);
    else if (event.key === "ArrowLeft" && open.has(node.key)) toggle(node.key, false);
    else if (event.key === "ArrowLeft") go(parent);
    else if (event.key === "Enter" || event.key === " ") onSelect?.(node.key);
    else return;
    event.preventDefault();
  };
  const template = {
    gridTemplateColumns:
      props.template ?? `minmax(180px, 2fr) repeat(${columns.length - 1}, minmax(90px, 1fr))`,
  };

  return (
    <div className="p-tree" role="treegrid" aria-label={label} ref={grid}>
      <div role="row" className="p-tree-row p-tree-head" style={template}>
        {columns.map((each) => (
          <span key={each} role="columnheader">
            {each}
          </span>
        ))}
      </div>
      {lines.map((line) => {
        const { node, level, at, of } = line;
        const opens = (node.children?.length ?? 0) > 0;
        return (
          <div
            key={node.key}
            role="row"
            data-key={node.key}
            className={node.tone ? `p-tree-row p-tinted p-${node.tone}` : "p-tree-row"}
            style={template}
            tabIndex={node.key === reachable ? 0 : -1}
            aria-level={level}
            aria-posinset={at}
            aria-setsize={of}
            aria-expanded={opens ? open.has(node.key) : undefined}
            aria-selected={onSelect ? node.key === selected : undefined}
            onFocus={() => setCurrent(node.key)}
            onKeyDown={(event) => keys(event, line)}
            onClick={() => onSelect?.(node.key)}
          >
            <span
              role="gridcell"
              className="p-tree-title"
              style={{ paddingLeft: (level - 1) * 18 + 8 }}
            >
              {opens ? (
                <span
                  className="p-tree-mark"
                  onClick={(event) => {
                    event.stopPropagation();
                    toggle(node.key, !open.has(node.key));
                  }}
                >
                  <Icon name={open.has(node.key) ? "below" : "open"} size={14} />
                </span>
              ) : (
                <span className="p-tree-mark" />
              )}
              {node.title}
            </span>
            {columns.slice(1).map((each, index) => (
              <span key={each} role="gridcell">
                {node.cells?.[index]}
              </span>
            ))}
          </div>
        );
      })}
    </div>
  );
}

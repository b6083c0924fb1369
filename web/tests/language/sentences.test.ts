// No sentence stands in the code: whatever a person reads or hears comes from the catalogues.

import { parseSync, Visitor } from "vite";
import { expect, it } from "vitest";
import { modules, type File } from "./catalogues";

/** Attributes whose value a person reads or hears. */
const SPOKEN =
  /^(aria-(label|description|placeholder|roledescription|valuetext)|alt|label|placeholder|title|description|caption|summary|note|hint|unit)$/;
/** What is the same in every language: names of languages in themselves, signs, digits. */
const UNIVERSAL = new Set(["EN", "中文", "wattmarket", "Δ"]);

interface Node {
  type: string;
  [key: string]: unknown;
}

/** Words in JSX text and in spoken attributes, with the line on which they stand. */
function sentences({ path, text }: File): string[] {
  const { program, errors } = parseSync(path, text);
  expect(errors, path).toEqual([]);
  const found: string[] = [];
  const judge = (value: unknown, start: number) => {
    if (typeof value !== "string" || !/\p{L}/u.test(value) || UNIVERSAL.has(value.trim())) return;
    found.push(`${path}:${text.slice(0, start).split("\n").length} ${value.trim()}`);
  };
  /** Every text that an expression may come to: both ends of a choice, parts of a template. */
  const weigh = (node: Node | null | undefined): void => {
    if (!node) return;
    const start = node.start as number;
    if (node.type === "Literal") judge(node.value, start);
    if (node.type === "TemplateLiteral") {
      for (const part of node.quasis as { value: { raw: string } }[]) judge(part.value.raw, start);
    }
    if (node.type === "ConditionalExpression") {
      weigh(node.consequent as Node);
      weigh(node.alternate as Node);
    }
    if (node.type === "LogicalExpression") weigh(node.right as Node);
    if (node.type === "JSXExpressionContainer") weigh(node.expression as Node);
  };
  new Visitor({
    JSXText: (node) => judge(node.value, node.start),
    JSXAttribute: (node) => {
      const name = node.name.type === "JSXIdentifier" ? node.name.name : "";
      if (SPOKEN.test(name)) weigh(node.value as Node | null);
    },
    JSXElement: (node) => {
      for (const child of node.children) {
        if (child.type === "JSXExpressionContainer") weigh(child.expression as unknown as Node);
      }
    },
  }).visit(program);
  return found;
}

it("no sentence is written into a page", () => {
  expect(modules().flatMap(sentences)).toEqual([]);
});

it.each([
  ["text", "<p>Hello there</p>", "Hello there"],
  ["a chosen text", '<p>{late ? "Too late" : t("a.b")}</p>', "Too late"],
  ["a text where there is something", '<p>{late && "Too late"}</p>', "Too late"],
  ["a label", '<button aria-label="Close">×</button>', "Close"],
  ["a chosen placeholder", '<input placeholder={x ? "Name" : undefined} />', "Name"],
  ["a text with a value", "<p title={`Up to ${x}`}>{y}</p>", "Up to"],
  ["Chinese", "<p>你好</p>", "你好"],
])("%s written into a page is found", (_, jsx, words) => {
  expect(sentences({ path: "x.tsx", text: `const a = ${jsx};` })).toEqual([`x.tsx:1 ${words}`]);
});

it.each([
  ["a key", '<p className="Big text">{t("a.b")}</p>'],
  ["signs and digits", '<p title="–">⚠ {" "} 3 × </p>'],
  ["a language in itself", '<b lang="zh">中文</b>'],
])("%s is none", (_, jsx) => {
  expect(sentences({ path: "x.tsx", text: `const a = ${jsx};` })).toEqual([]);
});

// @vitest-environment jsdom
import { afterEach, expect, it, vi } from "vitest";
import { Tree, type TreeNode } from "../../../src/parts/table/Tree";
import { show, type Shown } from "../show";

let page: Shown;
afterEach(async () => {
  await page.close();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const node = (name: string, children?: TreeNode[]): TreeNode => ({
  ...{ key: name, name, title: name, cells: ["1 kW"] },
  ...(children ? { children } : {}),
});
const MARKET = [node("market", [node("rural", [node("unit")]), node("town")])];

const seen = () => page.all("[data-key]").map((each) => each.dataset["key"]);
const focused = () => (document.activeElement as HTMLElement).dataset["key"];

it("a tree is walked as ARIA describes it", async () => {
  const select = vi.fn();
  page = await show(
    <Tree label="Market" columns={["Member", "Set-point"]} nodes={MARKET} onSelect={select} />,
  );
  expect(seen()).toEqual(["market", "rural", "town"]);
  page.one("[data-key=market]").focus();
  const press = (key: string) => page.press(document.activeElement ?? document.body, key);
  await press("ArrowRight");
  expect(focused()).toBe("rural");
  await press("ArrowRight");
  expect(seen()).toEqual(["market", "rural", "unit", "town"]);
  await press("ArrowRight");
  await press("Enter");
  expect(select).toHaveBeenLastCalledWith("unit");
  const unit = page.one("[data-key=unit]");
  expect([unit.ariaLevel ?? unit.getAttribute("aria-level"), focused()]).toEqual(["3", "unit"]);
  await press("ArrowLeft");
  await press("ArrowLeft");
  expect([focused(), seen()]).toEqual(["rural", ["market", "rural", "town"]]);
  await press("End");
  expect(focused()).toBe("town");
});

it("a member that is to be seen has all around it opened", async () => {
  vi.stubGlobal("requestAnimationFrame", () => 0);
  page = await show(
    <Tree
      label="Market"
      columns={["Member", "Set-point"]}
      nodes={MARKET}
      open={[]}
      reveal="unit"
    />,
  );
  expect(seen()).toEqual(["market", "rural", "unit", "town"]);
  expect(page.one("[data-key=unit]").tabIndex).toBe(0);
});

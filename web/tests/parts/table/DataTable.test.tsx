// @vitest-environment jsdom
import { act } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Column } from "../../../src/parts/table/columns";
import { DataTable } from "../../../src/parts/table/DataTable";
import { show, type Shown } from "../show";

interface Order {
  id: string;
  price: string | null;
  owner: string;
}

const COLUMNS: Column<Order>[] = [
  { key: "id", title: "Order", kind: "text", value: (row) => row.id },
  { key: "price", title: "Price", kind: "decimal", value: (row) => row.price },
  { key: "owner", title: "Owner", kind: "text", value: (row) => row.owner, choosable: true },
];
const ORDERS: Order[] = [
  { id: "O1", price: "9.50", owner: "Anna" },
  { id: "O2", price: null, owner: "Bert" },
  { id: "O3", price: "-10", owner: "Anna" },
  { id: "O10", price: "100", owner: "Carla" },
];

let page: Shown;
const table = (more: object = {}) => (
  <DataTable
    name="orders"
    label="Orders"
    columns={COLUMNS}
    rows={ORDERS}
    rowKey={(row) => row.id}
    empty="Orders stand here."
    {...more}
  />
);
const column = (index: number) =>
  page.all(".p-row").map((row) => row.querySelectorAll(".p-cell")[index]?.textContent);

beforeEach(() => localStorage.clear());
afterEach(async () => {
  await page.close();
  vi.unstubAllGlobals();
});

describe("a table", () => {
  it("tells how many rows it has, also those out of sight", async () => {
    const rows = Array.from({ length: 10_000 }, (_, i) => ({
      id: `O${i}`,
      price: "1",
      owner: "A",
    }));
    page = await show(table({ rows }));
    expect(page.one("[role=grid]").getAttribute("aria-rowcount")).toBe("10001");
    expect(page.all(".p-row").length).toBeLessThan(80);
    expect(page.text()).toContain("10,000 rows");
  });

  it("sorts exact decimals by value, unknown last both ways, then as they came", async () => {
    page = await show(table());
    const price = page.button("Price");
    await page.click(price);
    const first = column(0);
    await page.click(price);
    expect([first, column(0)]).toEqual([
      ["O3", "O1", "O10", "O2"],
      ["O10", "O1", "O3", "O2"],
    ]);
    expect(page.one("[aria-sort]").getAttribute("aria-sort")).toBe("descending");
    await page.click(price);
    expect(column(0)).toEqual(["O1", "O2", "O3", "O10"]);
  });

  it("keeps its layout for the next time", async () => {
    page = await show(table());
    await page.click(page.button("Owner"));
    await page.close();
    page = await show(table());
    expect(page.all("[aria-sort]")).toHaveLength(1);
  });

  it("finds every word of a search, and says when none fits", async () => {
    page = await show(table());
    await page.type(page.one("input[type=search]"), "anna o3");
    expect(column(0)).toEqual(["O3"]);
    await page.type(page.one("input[type=search]"), "zzz");
    expect(page.text()).toContain("No row fits");
    await page.click(page.button("Clear search and choices"));
    expect(column(0)).toHaveLength(4);
  });

  it("is walked by keyboard, ticked by space, opened by Enter", async () => {
    const opened: string[] = [];
    const ticked: string[][] = [];
    page = await show(
      table({
        onOpen: (row: Order) => opened.push(row.id),
        onSelect: (keys: string[]) => ticked.push(keys),
      }),
    );
    const grid = page.one("[role=grid]");
    for (const key of ["ArrowDown", "ArrowDown", " ", "Enter", "End", "Enter"]) {
      await page.press(grid, key);
    }
    expect(opened).toEqual(["O2", "O10"]);
    expect(ticked).toEqual([["O2"]]);
    const active = grid.getAttribute("aria-activedescendant") ?? "";
    expect(document.getElementById(active)?.textContent).toContain("O10");
  });

  it("shows details beneath their row", async () => {
    page = await show(table({ details: (row: Order) => `Why ${row.id}` }));
    await page.click(page.all(".p-fold")[2] as HTMLElement);
    expect(page.one(".p-details").textContent).toBe("Why O3");
  });

  it("asks for the next page before its end is reached, once it is not under way", async () => {
    const load = vi.fn();
    page = await show(table({ more: { has: true, loading: true, load } }));
    expect(load).not.toHaveBeenCalled();
    await page.again(table({ more: { has: true, loading: false, load } }));
    expect(load).toHaveBeenCalled();
    expect(page.one("[role=grid]").getAttribute("aria-rowcount")).toBe("-1");
  });

  it("says what is here when there is something, what failed, and that it comes", async () => {
    page = await show(table({ rows: [] }));
    expect(page.text()).toContain("Orders stand here.");
    const onAgain = vi.fn();
    await page.again(table({ state: "failed", failed: { code: "SYSTEM_BUSY", onAgain } }));
    expect(page.text()).toContain("The server is busy.");
    await page.click(page.button("Try again"));
    expect(onAgain).toHaveBeenCalled();
    await page.again(table({ rows: [], state: "loading" }));
    expect(page.one(".p-loading").getAttribute("role")).toBe("status");
  });
});

describe("where it is narrow, a table", () => {
  let sized: (() => void)[] = [];
  const shrink = (px = 360) =>
    act(async () => {
      vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(px);
      for (const each of sized) each();
    });
  const titles = () => page.all(".p-card-title").map((each) => each.textContent);
  const choose = (value: string) =>
    act(async () => {
      const select = page.one(".p-card-order select") as HTMLSelectElement;
      select.value = value;
      select.dispatchEvent(new Event("change", { bubbles: true }));
    });

  beforeEach(() => {
    sized = [];
    vi.stubGlobal(
      "ResizeObserver",
      class {
        constructor(private readonly tell: (entries: object[]) => void) {}
        observe() {
          sized.push(() => this.tell([]));
        }
        unobserve() {}
        disconnect() {}
      },
    );
  });

  it("is cards without a head in sight, whose titles are still told", async () => {
    page = await show(table());
    await shrink();
    expect(page.all(".p-grid-head")).toEqual([]);
    const heads = page.all("[role=columnheader]");
    expect(heads.map((each) => each.textContent)).toEqual(["Order", "Price", "Owner"]);
    expect(heads[0]?.parentElement?.className).toBe("unseen");
    expect(heads.flatMap((each) => [...each.querySelectorAll("button, input")])).toEqual([]);
  });

  it("stays what it was while it is hidden, with all that was begun in its rows", async () => {
    page = await show(table());
    const row = page.one(".p-row");
    await shrink(0);
    expect(page.one(".p-row")).toBe(row);
    await shrink();
    expect(page.all(".p-row")).toEqual([]);
  });

  it("is sorted by what is chosen above it, and turned round", async () => {
    page = await show(table());
    await shrink();
    await choose("price");
    expect(titles()).toEqual(["O3", "O1", "O10", "O2"]);
    expect(page.all("[role=columnheader]")[1]?.getAttribute("aria-sort")).toBe("ascending");
    await page.click(page.button("Ascending; turn round"));
    expect(titles()).toEqual(["O10", "O1", "O3", "O2"]);
    await choose("");
    expect(titles()).toEqual(["O1", "O2", "O3", "O10"]);
  });

  it("has all of its rows chosen by one tick above it", async () => {
    const onSelect = vi.fn();
    page = await show(table({ selection: [], onSelect }));
    await shrink();
    await page.click(page.one(".p-card-order input[type=checkbox]"));
    expect(onSelect).toHaveBeenLastCalledWith(["O1", "O2", "O3", "O10"]);
  });
});

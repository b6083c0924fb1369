// @vitest-environment jsdom
import { afterEach, expect, it, vi } from "vitest";
import { Figure, Tiles } from "../../../src/parts/frame/Figures";
import { DataTable } from "../../../src/parts/table/DataTable";
import { show, type Shown } from "../show";

let page: Shown;
afterEach(async () => {
  await page.close();
  vi.unstubAllGlobals();
});

it("figures of what has not been read say nothing, and not 0", async () => {
  const tiles = (known: boolean) => (
    <Tiles label="Alarms" known={known}>
      <Figure label="Critical" note="0 taken on" tone="bad">
        0
      </Figure>
    </Tiles>
  );
  page = await show(tiles(false));
  expect(page.one(".p-tiles").textContent).toBe("Critical–");
  expect(page.one(".p-figure").dataset.tone).toBeUndefined();
  await page.again(tiles(true));
  expect(page.one(".p-tiles").textContent).toBe("Critical00 taken on");
});

it("a table that could not be read does not say that it has no rows", async () => {
  const table = (state: "ready" | "failed") => (
    <DataTable
      {...{ name: "t", label: "T", columns: [], rows: [], rowKey: () => "", empty: "None." }}
      state={state}
      failed={{ code: "SYSTEM_BUSY" }}
    />
  );
  page = await show(table("failed"));
  expect(page.one(".p-table-foot").textContent).toBe("");
  await page.again(table("ready"));
  expect(page.one(".p-table-foot").textContent).toContain("0 rows");
});

// @vitest-environment jsdom
// Whether axe finds a barrier in what the gallery shows, in both languages. Colours are computed in
// tests/style; pictures on canvas are not drawn in here, their frames and tables are.

import axe from "axe-core";
import { afterEach, expect, it, vi } from "vitest";
import { Acts } from "../../gallery/acts";
import { Forms } from "../../gallery/forms";
import { Frames } from "../../gallery/frames";
import { Tables } from "../../gallery/tables";
import { Texts } from "../../gallery/texts";
import { ChartPanel } from "../../src/parts/chart/ChartPanel";
import { show, type Shown } from "./show";

let page: Shown;
afterEach(async () => {
  await page.close();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

async function barriers(): Promise<string[]> {
  // axe looks for icon fonts with a canvas; without one it looks no further.
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(null);
  const { violations } = await axe.run(page.box, {
    rules: { "color-contrast": { enabled: false }, region: { enabled: false } },
  });
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 160) ?? ""}`);
}

const SHOWN = { Acts, Forms, Frames, Tables, Texts };

it.each(
  Object.entries(SHOWN).flatMap(([name, Part]) => [
    ["en", name, Part] as const,
    ["zh-CN", name, Part] as const,
  ]),
)("nobody is shut out, in %s: %s", async (language, _name, Part) => {
  page = await show(<Part />, { language });
  expect(await barriers()).toEqual([]);
});

it("a chart has its table behind it, and its file", async () => {
  page = await show(
    <ChartPanel
      name="prices"
      title="Prices"
      description="Two prices."
      columns={[
        { key: "v", title: "Price", kind: "decimal", value: (row: { v: string }) => row.v },
      ]}
      rows={[{ v: "1.50" }, { v: "2.50" }]}
      rowKey={(row) => row.v}
      empty="Later."
    >
      <div>picture</div>
    </ChartPanel>,
  );
  expect(page.text()).toContain("picture");
  expect(await barriers()).toEqual([]);
  await page.click(page.button("Show as a table"));
  expect(page.text()).not.toContain("picture");
  expect(page.all(".p-row").map((row) => row.textContent)).toEqual(["1.50", "2.50"]);
  expect(await barriers()).toEqual([]);
  const saved: Blob[] = [];
  vi.stubGlobal("URL", {
    createObjectURL: (blob: Blob) => (saved.push(blob), "blob:x"),
    revokeObjectURL: () => undefined,
  });
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockReturnValue();
  await page.click(page.button("Save as CSV"));
  expect(await textOf(saved[0])).toContain("Price\r\n1.50\r\n2.50\r\n");
});

/** This document's blobs cannot say their text themselves. */
const textOf = (blob: Blob | undefined) =>
  new Promise<string>((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    if (blob) reader.readAsText(blob);
  });

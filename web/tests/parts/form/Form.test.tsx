// @vitest-environment jsdom
import { useState } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { DecimalField, TextField } from "../../../src/parts/form/fields";
import { figuresOf, Form, type Problem } from "../../../src/parts/form/Form";
import { MomentField } from "../../../src/parts/form/times";
import { show, type Shown } from "../show";

let page: Shown;
afterEach(async () => {
  await page.close();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const sent = vi.fn();

function Order({ problem }: { problem: Problem | null }) {
  const [name, setName] = useState("");
  const [price, setPrice] = useState("");
  return (
    <Form label="Order" problem={problem} submit="Send" onSubmit={() => sent({ name, price })}>
      <TextField pointer="/name" label="Name" value={name} onChange={setName} />
      <DecimalField
        pointer="/price_per_mwh"
        label="Price"
        unit="EUR/MWh"
        step="0.01"
        value={price}
        onChange={setPrice}
      />
    </Form>
  );
}

const REFUSED: Problem = {
  code: "PRICE_ABOVE_MAX",
  faults: [
    {
      pointer: "/price_per_mwh",
      code: "PRICE_ABOVE_MAX",
      detail: "Too high: price_per_mwh_max 4000.00",
    },
    { pointer: "", code: "INSUFFICIENT_FUNDS" },
  ],
};
const fields = () => page.all("input");
const faults = () => page.all(".p-field-fault").map((each) => each.textContent?.trim());

describe("a form", () => {
  it("sends nothing as long as a field is wrong, and says which from its top", async () => {
    sent.mockClear();
    page = await show(<Order problem={null} />);
    await page.type(fields()[1] as HTMLElement, "1.255");
    expect(faults()).toEqual([]);
    await page.click(page.button("Send"));
    expect(sent).not.toHaveBeenCalled();
    expect(faults()).toEqual(["This is needed.", "In steps of 0.01 EUR/MWh."]);
    expect(document.activeElement?.className).toBe("p-form-summary");
    await page.click(page.all(".p-form-summary a")[1] as HTMLElement);
    expect(document.activeElement).toBe(fields()[1]);
  });

  it("sends exact decimals", async () => {
    sent.mockClear();
    page = await show(<Order problem={null} />);
    await page.type(fields()[0] as HTMLElement, "House");
    await page.type(fields()[1] as HTMLElement, "1,250.50");
    await page.click(page.button("Send"));
    expect(sent).toHaveBeenCalledWith({ name: "House", price: "1250.50" });
  });

  it("explains refusals at their fields, in the person's language, and keeps what was typed", async () => {
    page = await show(<Order problem={null} />, { language: "zh-CN" });
    await page.type(fields()[1] as HTMLElement, "5,000.5");
    await page.again(<Order problem={REFUSED} />);
    expect(faults()).toEqual(["价格高于上限。（每 MWh 至多 4,000）"]);
    expect((fields()[1] as HTMLInputElement).value).toBe("5,000.5");
    expect(page.all(".p-form-summary li")).toHaveLength(2);
    expect(document.activeElement?.className).toBe("p-form-summary");
    const described = fields()[1]?.getAttribute("aria-describedby")?.split(" ") ?? [];
    expect(described.map((id) => document.getElementById(id)?.textContent).join()).toContain(
      "4,000",
    );
  });

  it("takes only figures from a refusal's sentence", () => {
    expect([...figuresOf("Title: max 5.000, state open, needed -1")]).toEqual([
      ["max", "5.000"],
      ["needed", "-1"],
    ]);
    expect(figuresOf("No figures.").size).toBe(0);
  });
});

describe("a moment in the market's zone", () => {
  function Moment({ told }: { told: (value: string) => void }) {
    const [value, setValue] = useState("");
    return (
      <MomentField
        pointer="/until"
        label="Until"
        value={value}
        onChange={(next) => {
          setValue(next);
          told(next);
        }}
      />
    );
  }

  it("asks which of the two in autumn's hour, and takes none unasked", async () => {
    const told = vi.fn();
    page = await show(<Moment told={told} />);
    await page.type(fields()[0] as HTMLElement, "2026-10-25T02:30");
    expect(told).toHaveBeenLastCalledWith("");
    const [, second] = page.all("input[type=radio]");
    await page.click(second as HTMLElement);
    expect(told).toHaveBeenLastCalledWith("2026-10-25T01:30:00.000Z");
    await page.type(fields()[0] as HTMLElement, "2026-10-26T02:30");
    expect(told).toHaveBeenLastCalledWith("2026-10-26T01:30:00.000Z");
  });
});

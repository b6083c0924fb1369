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
  function Moment({ told, from = "", optional = false }: MomentProps) {
    const [value, setValue] = useState(from);
    return (
      <Form label="Rule" problem={null} submit="Send" onSubmit={() => told("sent")}>
        <MomentField
          {...{ value, optional }}
          pointer="/until"
          label="Until"
          onChange={(next) => {
            setValue(next);
            told(next);
          }}
        />
      </Form>
    );
  }
  interface MomentProps {
    told: (value: string) => void;
    from?: string;
    optional?: boolean;
  }
  // Without the marks that keep times apart from what is written from right to left.
  const written = () => page.text().replaceAll(/[\u2066-\u2069]/g, "");
  const part = (kind: string) => page.one(`[role=spinbutton][data-type=${kind}]`);

  it("asks which of the two in autumn's hour, and takes none unasked", async () => {
    const told = vi.fn();
    page = await show(<Moment told={told} from="2026-10-24T00:30:00.000Z" />);
    expect(written()).toContain("24/10/2026, 02:30");
    await page.press(part("day"), "ArrowUp");
    expect(told).toHaveBeenLastCalledWith("");
    const [, second] = page.all("input[type=radio]");
    await page.click(second as HTMLElement);
    expect(told).toHaveBeenLastCalledWith("2026-10-25T01:30:00.000Z");
    await page.press(part("day"), "ArrowUp");
    expect(told).toHaveBeenLastCalledWith("2026-10-26T01:30:00.000Z");
  });

  it("is written as the page's language does, whatever the browser speaks", async () => {
    page = await show(<Moment told={vi.fn()} from="2026-10-24T00:30:00.000Z" />, {
      language: "zh-CN",
    });
    expect(written()).toContain("2026/10/24 02:30");
  });

  it("of which only a part is said is sent as none: not even where one may be left out", async () => {
    const told = vi.fn();
    page = await show(<Moment told={told} optional />);
    await page.press(part("year"), "ArrowUp");
    await page.click(page.button("Send"));
    expect(told).not.toHaveBeenCalledWith("sent");
    for (let left = 0; left < 4; left += 1) await page.press(part("year"), "Backspace");
    await page.click(page.button("Send"));
    expect(told).toHaveBeenLastCalledWith("sent");
  });
});

// @vitest-environment jsdom
import { act, useState } from "react";
import { afterEach, expect, it, vi } from "vitest";
import { ConfirmAct } from "../../../src/parts/act/ConfirmAct";
import { useToast } from "../../../src/parts/act/toasts";
import { Button } from "../../../src/parts/Button";
import { show, type Shown } from "../show";

let page: Shown;
afterEach(async () => {
  await page.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

function Halt({ halt }: { halt: (reason: string) => void }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button onPress={() => setOpen(true)}>Halt Rural</Button>
      <ConfirmAct
        open={open}
        title="Halt Rural?"
        consequence="42 open orders are kept"
        act="Halt"
        typed="RUR"
        onConfirm={halt}
        onClose={() => setOpen(false)}
      />
    </>
  );
}

it("a dangerous act tells its consequence and waits for a reason and the word", async () => {
  const halt = vi.fn();
  page = await show(<Halt halt={halt} />);
  await page.click(page.button("Halt Rural"));
  const dialog = page.one("[role=alertdialog]");
  expect(dialog.textContent).toContain("42 open orders are kept");
  expect(dialog.contains(document.activeElement)).toBe(true);
  await page.click(page.button("Halt"));
  await page.type(page.one("[role=alertdialog] textarea"), "Breaker open");
  await page.type(page.one("[role=alertdialog] input"), "SEM");
  await page.click(page.button("Halt"));
  expect(halt).not.toHaveBeenCalled();
  expect(dialog.textContent).toContain("That is not what stands in the label.");
  await page.type(page.one("[role=alertdialog] input"), "RUR");
  await page.click(page.button("Halt"));
  expect(halt).toHaveBeenCalledWith("Breaker open");
});

it("Escape leaves everything as it was", async () => {
  const halt = vi.fn();
  page = await show(<Halt halt={halt} />);
  await page.click(page.button("Halt Rural"));
  await page.press(page.one("[role=alertdialog]"), "Escape");
  expect(page.all("[role=alertdialog]")).toEqual([]);
  expect(halt).not.toHaveBeenCalled();
});

function Says() {
  const toast = useToast();
  return (
    <>
      <Button onPress={() => toast("Order placed")}>good</Button>
      <Button onPress={() => toast("Refused", "bad")}>bad</Button>
    </>
  );
}

it("a good message goes by itself, a bad one when it is closed; both are said", async () => {
  page = await show(<Says />);
  const region = page.one(".p-toasts [role=status]");
  vi.useFakeTimers();
  await page.click(page.button("good"));
  await page.click(page.button("bad"));
  expect(region.textContent).toContain("Order placed");
  await act(() => vi.advanceTimersByTimeAsync(10_000));
  expect(region.textContent).not.toContain("Order placed");
  expect(region.textContent).toContain("Refused");
  await page.click(page.button("Close"));
  expect(region.textContent).toBe("");
});

// @vitest-environment jsdom
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { DayPicker } from "../../../src/parts/filter/DayPicker";
import { show, type Shown } from "../show";

let page: Shown;
const chosen = vi.fn();
const picker = (more: object = {}) => (
  <DayPicker label="Day" value="2016-07-01" onChange={chosen} {...more} />
);
const written = () =>
  page
    .one(".p-day-parts")
    .textContent?.replaceAll(/[\u2066-\u2069]/g, "")
    .trim();
const part = (name: string) => page.one(`.p-day-part[data-type=${name}]`);

beforeEach(() => void chosen.mockClear());
afterEach(async () => {
  await page.close();
  vi.unstubAllGlobals();
});

it("writes the day as the page's language does, whatever the browser speaks", async () => {
  page = await show(picker());
  expect(written()).toBe("01/07/2016");
  await page.close();
  page = await show(picker(), { language: "zh-CN" });
  expect(written()).toBe("2016/7/1");
});

it("is changed part by part, by the keyboard", async () => {
  page = await show(picker());
  await page.press(part("day"), "ArrowUp");
  expect(chosen).toHaveBeenLastCalledWith("2016-07-02");
  await page.press(part("month"), "ArrowDown");
  expect(chosen).toHaveBeenLastCalledWith("2016-06-02");
});

it("tells no day that is out of bounds, and leads to none", async () => {
  page = await show(picker({ min: "2016-06-30", max: "2016-07-01" }));
  await page.press(part("day"), "ArrowUp");
  await page.press(part("year"), "ArrowDown");
  expect(chosen).not.toHaveBeenCalled();
  expect((page.button("Day after") as HTMLButtonElement).disabled).toBe(true);
  await page.click(page.button("Day before"));
  expect(chosen).toHaveBeenLastCalledWith("2016-06-30");
});

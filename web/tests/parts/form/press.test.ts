// @vitest-environment jsdom
import { expect, it, vi } from "vitest";
import { afterPress } from "../../../src/parts/form/press";

const pointer = (type: string) => document.body.dispatchEvent(new Event(type, { bubbles: true }));

it("waits for nothing while no pointer is down", () => {
  const act = vi.fn();
  afterPress(act);
  expect(act).toHaveBeenCalledOnce();
});

it.each(["pointerup", "pointercancel"])("waits for the click that is being made: %s", (end) => {
  vi.useFakeTimers();
  const act = vi.fn();
  pointer("pointerdown");
  afterPress(act);
  vi.runAllTimers();
  expect(act).not.toHaveBeenCalled();
  pointer(end);
  expect(act).not.toHaveBeenCalled();
  vi.runAllTimers();
  expect(act).toHaveBeenCalledOnce();
  pointer(end);
  vi.runAllTimers();
  expect(act).toHaveBeenCalledOnce();
  vi.useRealTimers();
});

// @vitest-environment jsdom
// A draft is emptied once it has arrived, but never of what was written meanwhile.

import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { useDraft, type Draft } from "../../../src/parts/form/draft";

let draft: Draft;
let root: Root;

function Form() {
  draft = useDraft();
  return null;
}

beforeEach(async () => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  root = createRoot(document.createElement("div"));
  await act(async () => root.render(<Form />));
  await act(async () => draft.write("The feeder is fine."));
});
afterEach(async () => {
  await act(async () => root.unmount());
  vi.unstubAllGlobals();
});

it("is empty and a new form once it has arrived", async () => {
  await act(async () => draft.arrived(draft.text));
  expect(draft).toMatchObject({ text: "", sent: 1 });
});

it("keeps what was begun while it was being sent", async () => {
  const { text, arrived } = draft;
  await act(async () => draft.write("Somebody comes at four."));
  await act(async () => arrived(text));
  expect(draft).toMatchObject({ text: "Somebody comes at four.", sent: 0 });
});

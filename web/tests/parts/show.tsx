// Shows parts in a document of their own: with texts, in a market's zone.

import { act, Suspense, type ReactNode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { vi } from "vitest";
import type { Language } from "../../src/language/language";
import { Speak } from "../../src/language/Speak";
import { BASE, loadTexts } from "../../src/language/texts";
import { Parts } from "../../src/parts/Parts";

export interface Shown {
  box: HTMLElement;
  text(): string;
  again(children: ReactNode): Promise<void>;
  all(selector: string): HTMLElement[];
  one(selector: string): HTMLElement;
  /** By its text or its label. */
  button(name: string): HTMLElement;
  click(element: Element): Promise<void>;
  /** Types into a field as a person does: the whole text at once. */
  type(field: Element, text: string): Promise<void>;
  press(element: Element, key: string): Promise<void>;
  close(): Promise<void>;
}

export async function show(
  children: ReactNode,
  { language = "en", zone = "Europe/Rome" }: { language?: Language; zone?: string } = {},
): Promise<Shown> {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  // Not in this document: ids in here need no escaping.
  vi.stubGlobal("CSS", { escape: (text: string) => text, supports: () => false });
  // Nothing is laid out in here: so high that a table shows some rows.
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(600);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(1000);
  vi.spyOn(HTMLElement.prototype, "offsetHeight", "get").mockReturnValue(30);
  localStorage.setItem("wattmarket.language", language);
  await loadTexts(language, BASE);
  const box = document.createElement("div");
  document.body.append(box);
  const root: Root = createRoot(box);
  const draw = (content: ReactNode) =>
    act(async () =>
      root.render(
        <Suspense>
          <Speak zone={zone}>
            <Parts>{content}</Parts>
          </Speak>
        </Suspense>,
      ),
    );
  await draw(children);
  const all = (selector: string) => [...document.querySelectorAll<HTMLElement>(selector)];
  const one = (selector: string) => {
    const found = all(selector)[0];
    if (!found) throw new Error(`nothing is ${selector} in: ${box.innerHTML.slice(0, 2000)}`);
    return found;
  };
  return {
    box,
    text: () => document.body.textContent ?? "",
    again: draw,
    all,
    one,
    button: (name) => {
      const found = all("button").find(
        (each) => each.textContent?.trim() === name || each.ariaLabel === name,
      );
      if (!found) throw new Error(`no button ${name}`);
      return found;
    },
    click: (element) => act(async () => (element as HTMLElement).click()),
    type: (field, text) =>
      act(async () => {
        const kind = field instanceof HTMLTextAreaElement ? HTMLTextAreaElement : HTMLInputElement;
        const setter = Object.getOwnPropertyDescriptor(kind.prototype, "value")?.set;
        setter?.call(field, text);
        field.dispatchEvent(new Event("input", { bubbles: true }));
        field.dispatchEvent(new Event("change", { bubbles: true }));
      }),
    press: (element, key) =>
      act(async () => {
        element.dispatchEvent(
          new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }),
        );
        element.dispatchEvent(new KeyboardEvent("keyup", { key, bubbles: true }));
      }),
    close: async () => {
      await act(async () => root.unmount());
      box.remove();
    },
  };
}

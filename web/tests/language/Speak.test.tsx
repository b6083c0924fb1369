// @vitest-environment jsdom
// Who chooses a language is spoken to in the one chosen last, whichever texts come first.

import { act } from "react";
import { afterEach, expect, it, vi } from "vitest";
import type { Language } from "../../src/language/language";
import { useSpeech } from "../../src/language/Speak";
import { BASE, loadAllTexts, loadTexts } from "../../src/language/texts";
import { show } from "../parts/show";

vi.mock("../../src/language/texts", { spy: true });

function Choice() {
  const { language, setLanguage } = useSpeech();
  return (
    <>
      <output>{language}</output>
      <button onClick={() => setLanguage("en")}>EN</button>
      <button onClick={() => setLanguage("zh-CN")}>中文</button>
    </>
  );
}

afterEach(() => vi.restoreAllMocks());

/** Texts of these languages come when they are let come. */
function textsWait(): (language: Language) => Promise<void> {
  const arrive = new Map<Language, () => void>();
  vi.mocked(loadAllTexts).mockImplementation(
    (language) => new Promise((resolve) => arrive.set(language, resolve)),
  );
  return (language) =>
    act(async () => {
      const come = arrive.get(language);
      if (!come) throw new Error(`nobody asked for ${language}`);
      come();
    });
}

async function page() {
  await loadTexts("zh-CN", BASE);
  const shown = await show(<Choice />);
  const spoken = () => shown.one("output").textContent;
  return { shown, spoken };
}

it("keeps the page as it is until it can be said in the language chosen", async () => {
  const { shown, spoken } = await page();
  const arrive = textsWait();
  await shown.click(shown.button("中文"));
  expect(spoken()).toBe("en");
  await arrive("zh-CN");
  expect(spoken()).toBe("zh-CN");
  expect(document.documentElement.lang).toBe("zh-CN");
  await shown.close();
});

it("speaks the language chosen last, also when the texts of the one before come later", async () => {
  const { shown, spoken } = await page();
  const arrive = textsWait();
  await shown.click(shown.button("中文"));
  await shown.click(shown.button("EN"));
  await arrive("en");
  await arrive("zh-CN");
  expect(spoken()).toBe("en");
  expect(localStorage.getItem("wattmarket.language")).toBe("en");
  await shown.close();
});

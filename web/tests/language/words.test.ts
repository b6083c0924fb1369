import { beforeAll, describe, expect, it } from "vitest";
import type { Language } from "../../src/language/language";
import { BASE, loadTexts, translator } from "../../src/language/texts";
import { word } from "../../src/language/words";

describe.each<[Language, string, string, string, string]>([
  ["en", "The gate has closed.", "Bilateral", "Code NEW", "The server refused: NEW."],
  ["zh-CN", "申报已截止。", "双边协商", "代码 NEW", "服务器拒绝：NEW。"],
])("words of codes in %s", (language, closed, bilateral, unknown, refused) => {
  const t = translator(language);
  beforeAll(() => loadTexts(language, BASE));

  it("are said", () => {
    expect(word(t, "refusal", "GATE_CLOSED")).toBe(closed);
    expect(word(t, "venue", "bilateral")).toBe(bilateral);
  });

  it("name a code that is not known yet, and never a key", () => {
    expect(word(t, "phase", "NEW")).toBe(unknown);
    expect(word(t, "refusal", "NEW")).toBe(refused);
    expect(word(t, "kind", "toString")).not.toContain("kind");
  });
});

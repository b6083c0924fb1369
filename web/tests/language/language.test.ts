import { describe, expect, it } from "vitest";
import { firstLanguage } from "../../src/language/language";

const stored = (value: string | null) => ({ getItem: () => value });

describe("the first language", () => {
  it("is the one chosen last time", () => {
    expect(firstLanguage(stored("zh-CN"), ["en-GB"])).toBe("zh-CN");
  });
  it("is the browser's first that we speak", () => {
    expect(firstLanguage(stored(null), ["de", "zh-Hans-CN", "en"])).toBe("zh-CN");
    expect(firstLanguage(stored(null), ["en-US", "zh"])).toBe("en");
  });
  it("is English otherwise", () => {
    expect(firstLanguage(stored("tlh"), ["fr"])).toBe("en");
  });
});

// Every command of the trail's words can be looked for, and what is asked for stays even if it is none.

import { expect, it } from "vitest";
import { COMMANDS, commandChoices } from "../../../src/console/screens/audit/kinds";
import type { Say } from "../../../src/console/screens/audit/texts";
import { loadTexts, translator } from "../../../src/language/texts";
import { catalogue } from "../../language/catalogues";

it("offers every command that has a word", () => {
  const words = [...catalogue("en", "audit").keys()].filter((key) => key.startsWith("command."));
  expect([...COMMANDS].map((kind) => `command.${kind}`).sort()).toEqual(words.sort());
});

it("by its word, in the order of the language; a strange one last, as it is", async () => {
  await loadTexts("en", ["audit"]);
  const choices = commandChoices(translator("en", "audit") as unknown as Say, "en-GB", "Nonsense");
  expect(choices.at(-1)).toEqual({ value: "Nonsense", text: "Nonsense" });
  const texts = choices.slice(0, -1).map(({ text }) => text);
  expect(texts).toEqual([...texts].sort((a, b) => a.localeCompare(b, "en-GB")));
  expect(choices).toContainEqual({ value: "PlaceOrders", text: "Place orders" });
});

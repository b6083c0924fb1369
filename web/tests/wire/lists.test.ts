import { expect, it } from "vitest";
import { once } from "../../src/wire/lists";

it("names what stands in two lists once, as the later one has it", () => {
  const open = [
    { id: "a", state: "open" },
    { id: "b", state: "open" },
  ];
  const taken = [{ id: "b", state: "acknowledged" }];
  expect(once(({ id }) => id, open, taken)).toEqual([open[0], taken[0]]);
});

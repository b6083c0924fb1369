// What became of a block: a shape of its own for each, a colour that says the same, and a word.

import type { ReactNode } from "react";
import { Swatch, type Mark } from "../../../parts/chart/Legend";
import type { BlockStatus } from "../../wire";

export const MARKS: Record<
  BlockStatus,
  Pick<Mark, "colour"> & { shape: NonNullable<Mark["shape"]> }
> = {
  accepted: { colour: "--accepted", shape: "circle" },
  partly_accepted: { colour: "--accepted", shape: "square" },
  paradoxically_rejected: { colour: "--paradox", shape: "diamond" },
  rejected: { colour: "--rejected", shape: "ring" },
};

export function Fate({ status, children }: { status: BlockStatus; children: ReactNode }) {
  return (
    <span className={`cv-fate cv-${status}`}>
      <Swatch {...MARKS[status]} />
      <span>{children}</span>
    </span>
  );
}

// How each area is drawn: a colour and a dash, so that no line is told by its colour alone.

import type { AreaDefinition } from "../wire/types";

export interface Mark {
  /** A CSS variable. */
  colour: string;
  /** Dash pattern in CSS pixels; empty: solid. */
  dash: number[];
}

const MARKS: Mark[] = [
  { colour: "--series-1", dash: [] },
  { colour: "--series-2", dash: [7, 3] },
  { colour: "--series-3", dash: [2, 2] },
  { colour: "--series-4", dash: [9, 3, 2, 3] },
  { colour: "--series-5", dash: [4, 2] },
];
const REFERENCE: Mark = { colour: "--series-0", dash: [2, 3] };

/** The area of the last resort is the reference; the others take the marks in their order. */
export function markOf(areas: readonly AreaDefinition[], areaId: string): Mark {
  const area = areas.find((each) => each.area_id === areaId);
  if (!area || area.holds_last_resort) return REFERENCE;
  const index = areas.filter((each) => !each.holds_last_resort).indexOf(area);
  return MARKS[index % MARKS.length] ?? REFERENCE;
}

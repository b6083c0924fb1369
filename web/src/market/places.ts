// Where the areas of a market stand in a picture that has no map.

import type { Market } from "../wire/types";

export interface Point {
  x: number;
  y: number;
}

/** On an ellipse, the area of the last resort on top, the others in their published order. */
export function places(market: Market, centre: Point, radius: Point): Map<string, Point> {
  const ordered = [...market.areas].sort(
    (a, b) => Number(b.holds_last_resort) - Number(a.holds_last_resort),
  );
  // Three areas stand better as a wide triangle than on a circle.
  const flat = ordered.length === 3;
  return new Map(
    ordered.map((area, index) => {
      const angle = (2 * Math.PI * index) / ordered.length - Math.PI / 2;
      const sin = flat && index > 0 ? 1 : Math.sin(angle);
      const cos = flat && index > 0 ? Math.sign(index - 1.5) : Math.cos(angle);
      return [area.area_id, { x: centre.x + radius.x * cos, y: centre.y + radius.y * sin }];
    }),
  );
}

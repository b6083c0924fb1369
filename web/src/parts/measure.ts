// Measures that grow with the text: on a very wide screen everything is larger, not only what is in rem.

/** The text's size on an ordinary screen, as `style/ground.css` has it. */
const BASE_PX = 13;

/** Pixels of an ordinary screen, as a length that grows with the text. */
export const rem = (px: number): string => `${px / BASE_PX}rem`;

/** The same where only a number will do: what is drawn on a canvas. */
export function inkPx(px: number): number {
  const now = parseFloat(getComputedStyle(document.documentElement).fontSize);
  return now > 0 ? Math.round((px * now) / BASE_PX) : px;
}

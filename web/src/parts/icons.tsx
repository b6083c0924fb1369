// The library's icons: strokes on a 16 by 16 grid, in the colour of the text beside them.
//
// An icon never stands for a word that is nowhere else: its button or its neighbour says it.

import { rem } from "./measure";

const PATHS = {
  good: "M3 8.5 6.5 12 13 4.5",
  warning: "M8 2 14.5 13.5h-13ZM8 6.5v3.2M8 11.6v.4",
  bad: "M5.2 2h5.6L14 5.2v5.6L10.8 14H5.2L2 10.8V5.2ZM8 5v4M8 10.9v.4",
  unknown: "M5.7 6.1A2.4 2.4 0 1 1 8.6 8.4C8.2 8.6 8 9 8 9.8M8 12v.4",
  info: "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8ZM8 7.2v3.8M8 4.8v.4",
  active: "M5 3.5v9L12.5 8Z",
  waiting: "M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8ZM8 4.5V8l2.4 1.6",
  stopped: "M4 4h8v8H4Z",
  locked: "M4 7.2h8v6.3H4ZM5.5 7.2V5a2.5 2.5 0 0 1 5 0v2.2",
  up: "M8 13V3.5M4 7.5l4-4 4 4",
  down: "M8 3v9.5M4 8.5l4 4 4-4",
  level: "M3 8h10",
  open: "m6 3.5 4.5 4.5L6 12.5",
  below: "m3.5 6 4.5 4.5L12.5 6",
  back: "M10 3.5 5.5 8l4.5 4.5",
  close: "m4 4 8 8M12 4l-8 8",
  search: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9ZM10.3 10.3l3.4 3.4",
  columns: "M2.5 3h11v10h-11ZM6.2 3v10M9.8 3v10",
  table: "M2.5 3h11v10h-11ZM2.5 6.3h11M2.5 9.6h11M6.5 6.3V13",
  chart: "M2.5 2.5v11h11M5 10l3-3.5 2.3 2L13 5",
  download: "M8 2.5v7.7M4.8 7.2 8 10.4l3.2-3.2M2.8 13.2h10.4",
  again: "M13 8a5 5 0 1 1-1.6-3.7M13 2.2v3h-3",
  calendar: "M2.5 3.5h11v10h-11ZM2.5 6.5h11M5.5 2v3M10.5 2v3",
  plus: "M8 3v10M3 8h10",
  filter: "M2.5 3.5h11L9.3 8.6v4.2l-2.6-1.3V8.6Z",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg
      className="p-icon"
      width={rem(size)}
      height={rem(size)}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

// What is drawn how: a line, an area or a shape with its name.

import "./chart.css";

export interface Mark {
  key: string;
  label: string;
  /** A CSS variable. */
  colour: string;
  shape?: "line" | "area" | "circle" | "ring" | "diamond" | "square";
  dash?: readonly number[];
}

export function Legend({ marks }: { marks: readonly Mark[] }) {
  return (
    <ul className="p-legend">
      {marks.map(({ key, label, ...drawn }) => (
        <li key={key}>
          <Swatch {...drawn} />
          {label}
        </li>
      ))}
    </ul>
  );
}

export function Swatch({ colour, shape = "line", dash = [] }: Omit<Mark, "key" | "label">) {
  const ink = `var(${colour})`;
  return (
    <svg width="20" height="12" viewBox="0 0 20 12" aria-hidden="true" focusable="false">
      {shape === "line" && (
        <line
          x1="0"
          x2="20"
          y1="6"
          y2="6"
          stroke={ink}
          strokeWidth="2.5"
          strokeDasharray={dash.join(" ")}
        />
      )}
      {shape === "area" && <rect width="20" height="12" rx="2" fill={ink} fillOpacity="0.35" />}
      {shape === "circle" && <circle cx="10" cy="6" r="5" fill={ink} />}
      {shape === "ring" && <circle cx="10" cy="6" r="4" fill="none" stroke={ink} strokeWidth="2" />}
      {shape === "diamond" && <path d="M10 0 16 6 10 12 4 6Z" fill={ink} />}
      {shape === "square" && <rect x="5" y="1" width="10" height="10" rx="1" fill={ink} />}
    </svg>
  );
}

// Which values a chart of the day shows: all of them, unless a few would squash all the others.

/** Values beyond this many times the usual spread are left to a mark at the edge. */
const FAR = 3;
const LEAST_PAD = 5;

interface Shown {
  kind: "steps" | "bars";
  series: { values: (number | null)[] }[];
  band: ({ low: number; high: number } | null)[];
}

/** For bars: from zero to the top of the highest pile. For prices: around what is usual. */
export function valueRange({ kind, series, band }: Shown): [number, number] {
  if (kind === "bars") return [0, Math.max(1, highestPile(series) * 1.1)];
  const prices = series.flatMap(({ values }) => values.filter((value) => value !== null));
  const bands = band.flatMap((each) => (each ? [each.low, each.high] : []));
  const usual = [...bands, ...withoutFar(prices, bands)];
  if (usual.length === 0) return [0, 100];
  const [least, most] = [Math.min(...usual), Math.max(...usual)];
  const pad = Math.max((most - least) * 0.1, LEAST_PAD);
  return [least - pad, most + pad];
}

function highestPile(series: Shown["series"]): number {
  const piles = series[0]?.values.map((_, i) =>
    series.reduce((sum, { values }) => sum + (values[i] ?? 0), 0),
  );
  return Math.max(0, ...(piles ?? []));
}

/** Keeps prices within FAR spreads (middle four fifths of the prices, and the band) of those. */
function withoutFar(prices: number[], bands: number[]): number[] {
  const sorted = [...prices].sort((a, b) => a - b);
  const low = Math.min(sorted[Math.floor(sorted.length * 0.1)] ?? Infinity, ...bands);
  const high = Math.max(sorted[Math.ceil(sorted.length * 0.9) - 1] ?? -Infinity, ...bands);
  const spread = Math.max(high - low, LEAST_PAD);
  return prices.filter((price) => price >= low - FAR * spread && price <= high + FAR * spread);
}

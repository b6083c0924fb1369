// Lines that grow while one looks at them.
//
// The one idea: points are appended to arrays that stay where they are, and whoever draws is told at
// most once a frame. The page itself is not drawn anew for a point.

export type Point = number | null;

export class LiveSeries {
  /** Seconds, ascending. */
  readonly at: number[] = [];
  /** One array a line, each as long as `at`. */
  readonly values: Point[][];
  /** Grows with every change: what was seen at one version looks the same until the next. */
  version = 0;
  private readonly listeners = new Set<() => void>();
  private told = false;

  /** @param most points kept of each line; the oldest go first. */
  constructor(
    lines: number,
    private readonly most = 2_880,
  ) {
    this.values = Array.from({ length: lines }, () => []);
  }

  /** A later point is appended; one at the last time takes its place; an earlier one is not taken. */
  append(at: number, values: readonly Point[]): void {
    const last = this.at.at(-1);
    if (last !== undefined && at < last) return;
    if (at === last) this.values.forEach((line, i) => (line[line.length - 1] = values[i] ?? null));
    else {
      this.at.push(at);
      this.values.forEach((line, i) => line.push(values[i] ?? null));
      // In pieces: moving every array at every point would cost more than drawing it.
      if (this.at.length > this.most * 1.1) this.drop(this.at.length - this.most);
    }
    this.tell();
  }

  /** All points anew, as after a gap of the stream. */
  replace(at: readonly number[], values: readonly (readonly Point[])[]): void {
    const from = Math.max(0, at.length - this.most);
    this.drop(this.at.length);
    this.at.push(...at.slice(from));
    this.values.forEach((line, i) => line.push(...(values[i] ?? []).slice(from)));
    this.tell();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  seen = (): number => this.version;

  private drop(count: number): void {
    this.at.splice(0, count);
    for (const line of this.values) line.splice(0, count);
  }

  private tell(): void {
    if (this.told) return;
    this.told = true;
    nextFrame(() => {
      this.told = false;
      this.version += 1;
      for (const each of this.listeners) each();
    });
  }
}

/** A page that is not looked at has no frames; a timer keeps its numbers true all the same. */
function nextFrame(run: () => void): void {
  let ran = false;
  const once = () => {
    if (ran) return;
    ran = true;
    clearTimeout(timer);
    run();
  };
  const timer = setTimeout(once, 250);
  requestAnimationFrame(once);
}

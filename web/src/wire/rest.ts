// Reading over HTTP. A refusal is a value with the server's code; texts for codes are the
// catalogues' business.

import type { ClockReading, Curves, Interval, Market, MarketSummary, ServerHealth } from "./types";

export type Answer<T> = { ok: true; value: T; roundTripMs: number } | { ok: false; code: string };

/** No answer within this real time counts as none: the next poll asks again. */
const PATIENCE_MS = 8_000;

export type Fetch = typeof fetch;

export class Rest {
  constructor(
    private readonly base: string = "",
    private readonly send: Fetch = (...args) => fetch(...args),
    private readonly now: () => number = () => performance.now(),
  ) {}

  health = () => this.get<ServerHealth>("/v1/health");
  clock = () => this.get<ClockReading>("/v1/clock");
  markets = () => this.list<MarketSummary>("/v1/markets");
  market = (id: string) => this.get<Market>(`/v1/markets/${encodeURIComponent(id)}`);

  intervals = (id: string, from: string, to: string) =>
    this.list<Interval>(
      `/v1/markets/${encodeURIComponent(id)}/intervals?` +
        new URLSearchParams({ from, to, limit: "1000" }).toString(),
    );

  curves = (id: string, start: string, signal?: AbortSignal) =>
    this.get<Curves>(
      `/v1/markets/${encodeURIComponent(id)}/curves?${new URLSearchParams({ start }).toString()}`,
      signal,
    );

  /** A list's first page: at most 1,000 items, ten days of quarter-hours. */
  private async list<T>(path: string): Promise<Answer<T[]>> {
    const answer = await this.get<T[] | { items: T[] }>(path);
    if (!answer.ok) return answer;
    const value = Array.isArray(answer.value) ? answer.value : answer.value.items;
    return { ...answer, value };
  }

  private async get<T>(path: string, signal?: AbortSignal): Promise<Answer<T>> {
    const begun = this.now();
    try {
      const patience = AbortSignal.timeout(PATIENCE_MS);
      const response = await this.send(this.base + path, {
        headers: { accept: "application/json" },
        signal: signal ? AbortSignal.any([signal, patience]) : patience,
      });
      if (!response.ok) return { ok: false, code: await codeOf(response) };
      const value = (await response.json()) as T;
      return { ok: true, value, roundTripMs: this.now() - begun };
    } catch {
      return { ok: false, code: signal?.aborted ? "ABORTED" : "UNREACHABLE" };
    }
  }
}

async function codeOf(response: Response): Promise<string> {
  try {
    const problem = (await response.json()) as { code?: unknown };
    if (typeof problem.code === "string") return problem.code;
  } catch {
    // Not a problem document (a proxy's page, say): the status has to do.
  }
  return `HTTP_${response.status}`;
}

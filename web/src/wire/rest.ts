// What the Situation screen reads over HTTP, without a session.

import { callAll, send, type Answer } from "./client";
import type { ClockReading, Curves, ServerHealth } from "./types";

export class Rest {
  health = () => send<ServerHealth>("get", "/v1/health");
  clock = () => send<ClockReading>("get", "/v1/clock");

  intervals = (market: string, from: string, to: string) =>
    callAll("/v1/markets/{market}/intervals", {
      params: { market },
      query: { from, to },
    });

  curves = (market: string, start: string, signal?: AbortSignal): Promise<Answer<Curves>> =>
    send<Curves>("get", "/v1/markets/{market}/curves", {
      params: { market },
      query: { start },
      signal,
    });
}

// What the Situation screen reads over HTTP, without a session.

import { call, callAll } from "./client";

export class Rest {
  health = () => call("get", "/v1/health", {});
  clock = () => call("get", "/v1/clock", {});

  intervals = (market: string, from: string, to: string) =>
    callAll("/v1/markets/{market}/intervals", {
      params: { market },
      query: { from, to },
    });

  curves = (market: string, start: string, signal?: AbortSignal) =>
    call("get", "/v1/markets/{market}/curves", {
      params: { market },
      query: { start },
      signal,
    });
}

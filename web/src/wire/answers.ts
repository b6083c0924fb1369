// What addresses answer, where the server's description does not say it.
//
// A screen adds what it reads in a module of its own:
//
//     declare module "../../../wire/answers" {
//       interface Answers {
//         "GET /v1/markets/{market}/recalls": Page<Recall>;
//       }
//     }
//
// Two screens that read the same address have to agree: the compiler refuses different shapes.

import type { Page } from "./client";
import type { ClockReading, Curves, Interval, Market, MarketSummary, ServerHealth } from "./types";

export interface Answers {
  "GET /v1/health": ServerHealth;
  "GET /v1/clock": ClockReading;
  "GET /v1/markets": Page<MarketSummary>;
  "GET /v1/markets/{market}": Market;
  "GET /v1/markets/{market}/intervals": Page<Interval>;
  "GET /v1/markets/{market}/curves": Curves;
}

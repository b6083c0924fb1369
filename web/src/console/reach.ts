// Whether the controllers of areas are heard (docs/wire.md).

/** What the server knows of an area's own controller. */
export interface Reach {
  area_id: string;
  epoch: number | string;
  first_heard_at: string | null;
  /** For how long it was not heard; null: it is not waited for. */
  silent_s: number | null;
  decoupled_by: string | null;
  report: null | {
    standing: "init" | "joined" | "alone" | "returning";
    given_import_kw: string;
    given_export_kw: string;
    given_until: string;
  };
}

export const REACH = "/v1/markets/{market}/reach";
/** So often it is asked: its seconds go by real time, and no channel tells them. */
export const REACH_EVERY_MS = 15_000;
/** Beyond this its silence is worth a word. */
const QUIET_S = 15;

declare module "../wire/answers" {
  interface Answers {
    "GET /v1/markets/{market}/reach": { items: Reach[] };
  }
}

export const isSilent = ({ silent_s }: Pick<Reach, "silent_s">): boolean =>
  silent_s !== null && silent_s > QUIET_S;

// Cases as the market tells them, for the desk that deals with them and for whose they are; and what of
// them is pressing.
//
// The one idea: of each case one target is next, what was not met stays seen, and everything is in market time.

import type { Schemas } from "../wire/client";

export const KINDS = ["fault_report", "question", "complaint", "connection"] as const;
/** What comes to the service desk; a disputed bill is opened on the bill. */
export type DeskKind = (typeof KINDS)[number];
export type Target = Schemas["CaseTarget"];
export type Step = Schemas["CaseStep"];
export type Case = Schemas["Case"];
export type CaseKind = Case["kind"];

export const CASES = "/v1/markets/{market}/cases";
export const CASE = "/v1/markets/{market}/cases/{case_id}";
/** What shows anew once something was done about a case. */
export const RENEWS = { renews: [CASES, CASE] } as const;
/** Characters of what is said in a case, and of its subject. */
export const WORDS_MOST = 4_000;
export const SUBJECT_MOST = 200;

export interface Due {
  target: Target;
  dueMs: number;
  /** When it was met; null: not yet. */
  metMs: number | null;
  missed: boolean;
}

/** The case's targets, in the order in which they come. */
export function targets(item: Case): Due[] {
  const due = (target: Target, by: string | null, at: string | null): Due[] =>
    by === null
      ? []
      : [
          {
            target,
            dueMs: Date.parse(by),
            metMs: at === null ? null : Date.parse(at),
            missed: item.missed.includes(target),
          },
        ];
  return [
    ...due("taken", item.take_by, item.taken_at ?? item.closed_at),
    ...due("answered", item.answer_by, item.answered_at ?? item.closed_at),
    ...due("closed", item.close_by, item.closed_at),
  ];
}

/** The first target that is not met yet; null: all are, or the case is closed. */
export function nextDue(item: Case): Due | null {
  if (item.state === "closed") return null;
  return targets(item)
    .filter(({ metMs }) => metMs === null)
    .reduce<Due | null>((first, each) => (first && first.dueMs <= each.dueMs ? first : each), null);
}

/** What is due first comes first; what is closed last, the latest of it before. */
export function byUrgency(a: Case, b: Case): number {
  const [due, other] = [nextDue(a), nextDue(b)];
  if (due === null || other === null) {
    if (due !== null || other !== null) return due === null ? 1 : -1;
    return Date.parse(b.closed_at ?? b.opened_at) - Date.parse(a.closed_at ?? a.opened_at);
  }
  return due.dueMs - other.dueMs;
}

/** Less than this is left of a target: worth a colour. */
export const SOON_MS = 5 * 60_000;

export function pressing(item: Case, nowMs: number): "bad" | "warning" | undefined {
  const due = nextDue(item);
  if (due === null) return undefined;
  if (due.dueMs < nowMs) return "bad";
  return due.dueMs - nowMs < SOON_MS ? "warning" : undefined;
}

/** Whether it may be opened again, or rated: within two weeks of its closing. */
export function mayReopen(item: Case, nowMs: number): boolean {
  return item.reopen_until !== null && Date.parse(item.reopen_until) > nowMs;
}

const RATE_WITHIN_MS = 14 * 86_400_000;

export function mayRate(item: Case, nowMs: number): boolean {
  return item.closed_at !== null && Date.parse(item.closed_at) + RATE_WITHIN_MS > nowMs;
}

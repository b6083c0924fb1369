// What waits for a second person, as the console reads it: the queue itself, and how much of it there is.

import { useMemo } from "react";
import { useNews } from "../shell/live";
import { useMarkets } from "../shell/markets";
import type { Page } from "../wire/client";
import { useList, type Listing } from "../wire/queries";

export const APPROVALS = "/v1/markets/{market}/approvals";

export type ApprovalKind =
  | "act"
  | "release_stop"
  | "decide_recall"
  | "credit_limit"
  | "payment_assign"
  | "payment_return"
  | "payout_approve"
  | "payout_reject"
  | "cover_default"
  | "case_credit";

export interface Approval {
  approval_id: string;
  kind: ApprovalKind;
  target: string;
  reason: string | null;
  proposed_by: string;
  proposed_at: string;
  /** Market time at which the proposal lapses. */
  until: string;
  /** Who asks has proposed it, and so cannot agree. */
  own: boolean;
  before: Record<string, unknown>;
  after: Record<string, unknown>;
  /** What a second person sends, as it stands. */
  approve: { method: string; path: string; named: boolean; body: Record<string, unknown> };
}

/** A person, as operators see it. */
export interface Person {
  person_id: string;
  login: string;
  name: string;
  language: string;
  role: "operator" | "participant" | "area" | "device";
  market_id: string | null;
  participant_id: string | null;
  area_id: string | null;
  made_at: string;
  has_password: boolean;
  revoked: boolean;
}

declare module "../wire/answers" {
  interface Answers {
    "GET /v1/markets/{market}/approvals": Page<Approval>;
    "GET /v1/people": Page<Person>;
  }
}

/** The queue, read again whenever something was proposed or decided. */
export function useApprovals(): Listing<Approval> {
  const { choice } = useMarkets();
  useNews("alarms", choice.state === "chosen" ? choice.market.market_id : null, APPROVALS);
  return useList(APPROVALS, { all: true });
}

/** How many proposals of others wait for the person's word. */
export const useWaiting = (): number => useApprovals().items.filter(({ own }) => !own).length;

/** Names of people by their ids: a proposal says who made it by id only. */
export function useNames(): ReadonlyMap<string, string> {
  const people = useList("/v1/people", { all: true });
  return useMemo(
    () => new Map(people.items.map(({ person_id, name }) => [person_id, name])),
    [people.items],
  );
}

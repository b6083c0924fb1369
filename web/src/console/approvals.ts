// What waits for a second person, as the console reads it: the queue itself, and how much of it there is.

import { useMemo } from "react";
import { useNews } from "../shell/live";
import { useMarkets } from "../shell/markets";
import type { Schemas } from "../wire/client";
import { useList, type Listing } from "../wire/queries";

export const APPROVALS = "/v1/markets/{market}/approvals";

export type Approval = Schemas["Approval"];

/** A person, as operators see it. */
export type Person = Schemas["ListedPerson"];

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

// Reading and acting from a page: what was read is kept and renewed, what was done renews it.
//
// The one idea: every hook fills in the market that is chosen, and everything that can go wrong with a
// session is dealt with here: a session that has ended leads to the sign-in, an act that wants its
// sender to show once more who it is asks for that and is sent again.

import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useRef } from "react";
import { RefusedError, useDesk } from "./desk";
import {
  ABORTED,
  UNREACHABLE,
  newKey,
  type Answer,
  type AnswerOf,
  type BodyOf,
  type ItemOf,
  type ListPath,
  type Method,
  type Page,
  type ParamsOf,
  type PathOf,
  type Problem,
  type QueryOf,
  type SendOptions,
} from "./client";

const problemIn = (error: unknown): Problem | null =>
  error instanceof RefusedError ? error.problem : null;

type MarketFilled<P> = Omit<P, "market"> & { market?: string };
type Maybe<Key extends string, T> = object extends T ? { [K in Key]?: T } : { [K in Key]: T };
type Asked<M extends Method, P extends PathOf<M>> = Maybe<
  "params",
  ParamsOf<M, P> extends { market: string } ? MarketFilled<ParamsOf<M, P>> : ParamsOf<M, P>
> &
  Maybe<"query", QueryOf<M, P>>;
/** May be left out where nothing is needed. */
type Optional<T> = object extends T ? [asked?: T] : [asked: T];

export interface HowToRead {
  /** False: not now. */
  when?: boolean;
  /** Read again this often, real ms; by default only when something says that it has changed. */
  everyMs?: number;
  /** What was shown stays until the new is here, when parameters change. */
  keep?: boolean;
}

export interface Reading<T> {
  state: "loading" | "ready" | "failed";
  /** The last that was read; also beside a `problem`, when a renewal has failed. */
  value: T | undefined;
  problem: Problem | null;
  /** Under way, also behind a value that is shown. */
  busy: boolean;
  /** Real time at which the value was read, ms since 1970; 0: not yet. */
  readMs: number;
  again(): void;
}

/** Reads an address: `useRead("/v1/markets/{market}/alarms", { query: { state: "open" } })`. */
export function useRead<P extends PathOf<"get">>(
  path: P,
  asked: Asked<"get", P> & HowToRead = {} as Asked<"get", P> & HowToRead,
): Reading<AnswerOf<"get", P>> {
  const desk = useDesk();
  const { when = true, everyMs, keep } = asked;
  const { params, query } = filled(asked, desk.market);
  const found = useQuery({
    queryKey: [path, params, query],
    enabled: when && ready(path, params),
    queryFn: ({ signal }) => desk.read<AnswerOf<"get", P>>(path, { params, query, signal }),
    ...(everyMs === undefined ? {} : { refetchInterval: everyMs }),
    ...(keep ? { placeholderData: keepPreviousData } : {}),
  });
  const { refetch } = found;
  const again = useCallback(() => void refetch(), [refetch]);
  return {
    state: found.data !== undefined ? "ready" : found.isError ? "failed" : "loading",
    value: found.data as AnswerOf<"get", P> | undefined,
    problem: problemIn(found.error),
    busy: found.isFetching,
    readMs: found.dataUpdatedAt,
    again,
  };
}

export interface Listing<T> extends Omit<Reading<T[]>, "value"> {
  items: T[];
  /** Whether the server has more than is here. */
  more: boolean;
  fetchMore(): void;
}

/**
 * Reads a list; `all`: every page of it, one after the other, else the first and more on demand.
 * What answers all at once is no list in this sense: `useRead` has it.
 */
export function useList<P extends ListPath>(
  path: P,
  asked: Asked<"get", P> & HowToRead & { all?: boolean; pageItems?: number } = {} as never,
): Listing<ItemOf<AnswerOf<"get", P>>> {
  type Item = ItemOf<AnswerOf<"get", P>>;
  const desk = useDesk();
  const { when = true, everyMs, keep, all = false, pageItems = all ? 1_000 : 100 } = asked;
  const { params, query } = filled(asked, desk.market);
  const found = useInfiniteQuery({
    queryKey: [path, params, query, "pages"],
    enabled: when && ready(path, params),
    queryFn: ({ signal, pageParam }) =>
      desk.read<Page<Item>>(path, {
        params,
        query: { ...query, limit: pageItems, cursor: pageParam },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    ...(everyMs === undefined ? {} : { refetchInterval: everyMs }),
    ...(keep ? { placeholderData: keepPreviousData } : {}),
  });
  const { data, refetch, fetchNextPage, hasNextPage, isFetching, isError } = found;
  useEffect(() => {
    if (all && hasNextPage && !isFetching && !isError) void fetchNextPage();
  }, [all, hasNextPage, isFetching, isError, fetchNextPage]);
  const items = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data]);
  const again = useCallback(() => void refetch(), [refetch]);
  const fetchMore = useCallback(() => void fetchNextPage(), [fetchNextPage]);
  return {
    state: data !== undefined ? "ready" : isError ? "failed" : "loading",
    items,
    problem: problemIn(found.error),
    busy: isFetching,
    readMs: found.dataUpdatedAt,
    more: hasNextPage,
    fetchMore,
    again,
  };
}

type Act = Exclude<Method, "get">;
type ActArgs<M extends Act, P extends PathOf<M>> = Asked<M, P> &
  (BodyOf<M, P> extends undefined ? object : { body: BodyOf<M, P> });

export interface Acting<M extends Act, P extends PathOf<M>> {
  /** Does it; what was read from the addresses in `renews` is read again after it is done. */
  act(...args: Optional<ActArgs<M, P>>): Promise<Answer<AnswerOf<M, P>>>;
  busy: boolean;
  /** Why it was refused the last time; null: it was not. */
  problem: Problem | null;
  forget(): void;
}

/**
 * An act: `const cancel = useAct("delete", "/v1/markets/{market}/orders/{order_id}", { renews: [ORDERS] })`.
 *
 * The same act sent again because no answer came keeps its idempotency key, so that it is done once.
 */
export function useAct<M extends Act, P extends PathOf<M>>(
  method: M,
  path: P,
  { renews = [] }: { renews?: readonly PathOf<"get">[] } = {},
): Acting<M, P> {
  const desk = useDesk();
  const cache = useQueryClient();
  const unanswered = useRef<{ of: string; key: string } | null>(null);
  const { mutateAsync, isPending, data, reset } = useMutation({
    mutationFn: async (args: ActArgs<M, P>): Promise<Answer<AnswerOf<M, P>>> => {
      const { params, query } = filled(args, desk.market);
      const body = (args as { body?: unknown }).body;
      const of = JSON.stringify([params, query, body]);
      const key = unanswered.current?.of === of ? unanswered.current.key : newKey();
      const sent = { params, query, body, idempotencyKey: key };
      const answer = await desk.act<AnswerOf<M, P>>(method, path, sent);
      const silent = !answer.ok && [UNREACHABLE, ABORTED].includes(answer.problem.code);
      unanswered.current = silent ? { of, key } : null;
      if (answer.ok)
        await Promise.all(renews.map((each) => cache.invalidateQueries({ queryKey: [each] })));
      return answer;
    },
  });
  const act = useCallback(
    (...[args]: Optional<ActArgs<M, P>>) => mutateAsync((args ?? {}) as ActArgs<M, P>),
    [mutateAsync],
  );
  const problem = data === undefined || data.ok ? null : data.problem;
  return { act, busy: isPending, problem, forget: reset };
}

/** Reads addresses again: after news on the stream, say. */
export function useRenew(): (...paths: PathOf<"get">[]) => void {
  const cache = useQueryClient();
  return useCallback(
    (...paths) => {
      for (const path of paths) void cache.invalidateQueries({ queryKey: [path] });
    },
    [cache],
  );
}

function filled(asked: object, market: string | null) {
  const { params, query } = asked as SendOptions;
  return { params: market === null ? { ...params } : { market, ...params }, query };
}

/** Whether everything in the path's braces is known: a market may not have been chosen yet. */
function ready(path: string, params: object): boolean {
  return [...path.matchAll(/\{(\w+)\}/g)].every(
    ([, name]) => (params as Record<string, unknown>)[name ?? ""] !== undefined,
  );
}

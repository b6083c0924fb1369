// The stream in the pages: one connection for all of them, and a word on whether it lives.
//
// The one idea: what a page shows from the stream is true as of the last message; `useLive` says within
// ten seconds of silence that it may no longer be, before the connection itself is given up.

import {
  createContext,
  use,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
  type ReactNode,
} from "react";
import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { Connecting } from "../parts/state/states";
import { browserSocket, type Outside, type Ticket } from "../stream/client";
import { Hub, type ClockBase } from "../stream/hub";
import { send, type Answer } from "../wire/client";
import { useRenew } from "../wire/queries";
import type { PathOf } from "../wire/client";
import type { ChannelName, MessageOf } from "../wire/types";
import { useSession, type Session } from "./session";

/** Two heartbeats missed: worth a word before the third one makes the connection anew. */
export const LATE_MS = 10_000;
/** Nobody is warned sooner that nothing has been heard at all. */
export const FIRST_MS = 15_000;
/** What is heard is drawn at most this often. */
const BATCH_MS = 100;
/** What is read again after news is read at most this often. */
const RENEW_MS = 1_000;

const HubContext = createContext<Hub | null>(null);

export function outsideOf(marketId: string, ticket: () => Promise<Ticket>): Outside {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const url = `${scheme}//${location.host}/v1/markets/${encodeURIComponent(marketId)}/stream`;
  return {
    connect: () => browserSocket(url),
    ticket,
    now: () => performance.now(),
    random: () => Math.random(),
    later: (act, ms) => setTimeout(act, ms),
    cancel: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
  };
}

interface Hearer {
  session: Session | null;
  ended(): void;
  leaving(): Promise<Answer<void>> | null;
}

/**
 * What a connection shows for a session: without one nothing, and the public channels are heard. It is asked
 * for like a reading: signing out gives it up, and what is asked for meanwhile waits.
 */
export async function ticketFor(cache: QueryClient, who: () => Hearer): Promise<Ticket> {
  if ((await who().leaving())?.ok) return { kind: "public" };
  const { session, ended } = who();
  if (session === null) return { kind: "public" };
  const answer = await cache
    .fetchQuery({
      queryKey: ["stream-ticket", session.person_id],
      queryFn: ({ signal }) => send<{ ticket: string }>("post", "/v1/stream-tickets", { signal }),
      staleTime: 0,
      gcTime: 0,
      retry: false,
    })
    .catch(() => null);
  if (answer === null) return { kind: "later" };
  if (answer.ok) return { kind: "ticket", ticket: answer.value.ticket };
  if (answer.problem.status !== 401) return { kind: "later" };
  ended();
  return { kind: "public" };
}

interface LiveProps {
  /** Null: there is none yet, and nothing to hear. */
  market: string | null;
  children: ReactNode;
}

export function LiveProvider({ market, children }: LiveProps) {
  const cache = useQueryClient();
  const { standing, session, ended, leaving } = useSession();
  const asking = standing === "asking";
  const whose = useRef({ session, ended, leaving });
  whose.current = { session, ended, leaving };
  const hub = useMemo(
    () =>
      market === null
        ? null
        : new Hub(outsideOf(market, () => ticketFor(cache, () => whose.current))),
    [market, cache],
  );
  const person = session?.person_id ?? null;
  const heardBy = useRef(person);
  useEffect(() => {
    // A connection of nobody would be cut, and the cut be told, as soon as somebody is known.
    if (hub === null || asking) return;
    heardBy.current = whose.current.session?.person_id ?? null;
    hub.start();
    addEventListener("online", hub.hurry);
    return () => {
      removeEventListener("online", hub.hurry);
      hub.stop();
    };
  }, [hub, asking]);
  // Another person, or none: what may be heard has changed.
  useEffect(() => {
    if (heardBy.current !== person) hub?.renew();
    heardBy.current = person;
  }, [hub, person]);
  return (
    <HubContext value={hub}>
      <Connecting value={useBeginning(hub)}>{children}</Connecting>
    </HubContext>
  );
}

/** True until something is heard, of a renewed connection too, or it takes too long. */
function useBeginning(hub: Hub | null): boolean {
  const silent = useSyncExternalStore(
    hub?.watch ?? unwatched,
    () => hub?.lookConnection().heardMs === null,
  );
  const [late, setLate] = useState(false);
  useEffect(() => {
    setLate(false);
    if (!silent) return;
    const timer = setTimeout(() => setLate(true), FIRST_MS);
    return () => clearTimeout(timer);
  }, [hub, silent]);
  return silent && !late;
}

const unwatched = () => () => {};

export function useHub(): Hub {
  const hub = use(HubContext);
  if (hub === null) throw new Error("the stream outside of an application");
  return hub;
}

export function useConnection() {
  const hub = useHub();
  return useSyncExternalStore(hub.watch, hub.lookConnection);
}

/** The market's clock as last heard; null: not yet. */
export function useClock(): ClockBase | null {
  const hub = useHub();
  return useSyncExternalStore(hub.watch, hub.lookClock);
}

export interface Live {
  live: boolean;
  /** Silent too long on a connection that is not given up yet. */
  late: boolean;
  /** Market time up to which what is shown is true, ms since 1970; null: nothing heard yet. */
  sinceMs: number | null;
}

/** Whether what comes from the stream is live; looks every second. */
export function useLive(): Live {
  const connection = useConnection();
  const clock = useClock();
  const now = useRealTime(1_000);
  const { status, heardMs } = connection;
  const late = heardMs !== null && now - heardMs >= LATE_MS;
  return {
    live: status === "live" && !late,
    late: status === "live" && late,
    sinceMs: clock?.nowMs ?? null,
  };
}

export interface Heard<State> {
  state: State;
  /** False: no snapshot has come yet. */
  heard: boolean;
  /** The server does not give this channel to us. */
  refused: boolean;
}

/**
 * Hears a channel: `reduce` makes the next state of the last one and a snapshot or delta. A snapshot may
 * come at any time (after a cut, after a gap that could not be filled) and replaces what was there.
 * `reduce` and `first` have to be the same each time: made outside of the component.
 */
export function useChannel<C extends ChannelName, State>(
  channel: C,
  key: string | null,
  reduce: (state: State, message: MessageOf<C>) => State,
  first: State,
): Heard<State> {
  const hub = useHub();
  const [shown, show] = useState<Heard<State>>({ state: first, heard: false, refused: false });
  useEffect(() => {
    let next: Heard<State> = { state: first, heard: false, refused: false };
    show(next);
    if (key === null) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const leave = hub.listen({ channel, key }, (message) => {
      next =
        message.type === "error"
          ? { ...next, refused: true }
          : { state: reduce(next.state, message), heard: true, refused: false };
      timer ??= setTimeout(() => {
        timer = undefined;
        show(next);
      }, BATCH_MS);
    });
    return () => {
      clearTimeout(timer);
      leave();
    };
  }, [hub, channel, key, reduce, first]);
  return shown;
}

/** Reads addresses again when a channel has news, or starts anew after a cut. */
export function useNews(channel: ChannelName, key: string | null, ...paths: PathOf<"get">[]): void {
  const hub = useHub();
  const renew = useRenew();
  const which = useRef(paths);
  which.current = paths;
  const again = useCallback(() => renew(...which.current), [renew]);
  useEffect(() => {
    if (key === null) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    // What is read as the page comes is as fresh as a first snapshot that comes at once; while a connection is
    // being made, much can happen that is in the snapshot and in no reading.
    let fresh = hub.lookConnection().status === "live";
    const leave = hub.listen({ channel, key }, (message) => {
      const known = fresh && message.type === "snapshot";
      fresh = false;
      if (known || message.type === "error") return;
      timer ??= setTimeout(() => {
        timer = undefined;
        again();
      }, RENEW_MS);
    });
    return () => {
      clearTimeout(timer);
      leave();
    };
  }, [hub, channel, key, again]);
}

/** Real time (ms, monotonic), renewed every `everyMs`. */
export function useRealTime(everyMs: number): number {
  const [now, setNow] = useState(() => performance.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

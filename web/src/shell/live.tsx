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
import { Connecting } from "../parts/state/states";
import { browserSocket, type Outside, type Ticket } from "../stream/client";
import { Hub, type ClockBase } from "../stream/hub";
import { send } from "../wire/client";
import { useRenew } from "../wire/queries";
import type { PathOf } from "../wire/client";
import type { Envelope } from "../wire/types";
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

/** What a connection shows for a session: without one nothing, and the public channels are heard. */
export async function ticketFor(session: Session | null, ended: () => void): Promise<Ticket> {
  if (session === null) return { kind: "public" };
  const answer = await send<{ ticket: string }>("post", "/v1/stream-tickets");
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
  const { session, ended } = useSession();
  const whose = useRef({ session, ended });
  whose.current = { session, ended };
  const hub = useMemo(
    () =>
      market === null
        ? null
        : new Hub(outsideOf(market, () => ticketFor(whose.current.session, whose.current.ended))),
    [market],
  );
  useEffect(() => {
    if (hub === null) return;
    hub.start();
    addEventListener("online", hub.hurry);
    return () => {
      removeEventListener("online", hub.hurry);
      hub.stop();
    };
  }, [hub]);
  // Another person, or none: what may be heard has changed.
  const person = session?.person_id ?? null;
  const before = useRef(person);
  useEffect(() => {
    if (before.current !== person) hub?.renew();
    before.current = person;
  }, [hub, person]);
  return (
    <HubContext value={hub}>
      <Connecting value={useBeginning(hub)}>{children}</Connecting>
    </HubContext>
  );
}

/** True until something was heard for the first time, or it takes too long. */
function useBeginning(hub: Hub | null): boolean {
  const [begun, setBegun] = useState<Hub | null>(null);
  useEffect(() => {
    if (hub === null) return;
    const timer = setTimeout(() => setBegun(hub), FIRST_MS);
    const leave = hub.watch(() => {
      if (hub.lookConnection().heardMs !== null) setBegun(hub);
    });
    return () => {
      clearTimeout(timer);
      leave();
    };
  }, [hub]);
  return hub !== null && begun !== hub;
}

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
export function useChannel<State>(
  channel: string,
  key: string | null,
  reduce: (state: State, message: Envelope) => State,
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
export function useNews(channel: string, key: string | null, ...paths: PathOf<"get">[]): void {
  const hub = useHub();
  const renew = useRenew();
  const which = useRef(paths);
  which.current = paths;
  const again = useCallback(() => renew(...which.current), [renew]);
  useEffect(() => {
    if (key === null) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let first = true;
    const leave = hub.listen({ channel, key }, (message) => {
      // What was read when the page came is as fresh as the first snapshot.
      const known = first && message.type === "snapshot";
      first = false;
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

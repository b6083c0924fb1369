// Who sits before the page: asked of the server, which alone knows; here it is only shown.
//
// The one idea: the cookie cannot be read by the page, so a session is what GET /v1/session answers. When
// it begins or ends, everything that was read with another one is forgotten.

import { useQuery, useQueryClient } from "@tanstack/react-query";
import {
  createContext,
  use,
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  type ReactNode,
} from "react";
import type { Language } from "../language/language";
import { send, type Answer, type Problem, type Schemas } from "../wire/client";
import { RefusedError } from "../wire/desk";

export type Role = Schemas["Role"];

export type Session = Schemas["SignedIn"];

export type Standing = "asking" | "out" | "in" | "unreachable";

interface SessionState {
  standing: Standing;
  /** Null: nobody is signed in, or it is not known yet. */
  session: Session | null;
  problem: Problem | null;
  /** The session ended by itself; false again after the next sign-in. */
  lapsed: boolean;
  /** A session has begun, or is known better. */
  enter(session: Session): void;
  /** Signs out. */
  leave(): Promise<Answer<void>>;
  /** The signing out that is under way; null: none. */
  leaving(): Promise<Answer<void>> | null;
  /** The server no longer knows the session. */
  ended(): void;
  /** Tells the server in which language the person is spoken to; the page does not wait for it. */
  tellLanguage(language: Language): void;
}

const KEY = ["session"] as const;
/** What was read with another session, or without one, is nobody's any more, but for this. */
const SAME_FOR_ALL: ReadonlySet<unknown> = new Set([
  KEY[0],
  "/v1/health",
  "/v1/clock",
  "/v1/markets",
  "/v1/markets/{market}",
]);
const isOnes = ({ queryKey }: { queryKey: readonly unknown[] }) => !SAME_FOR_ALL.has(queryKey[0]);
/** How often the page looks whether the session still holds: that does not keep it. */
const LOOK_MS = 60_000;
/** How often the server is told, at most, that somebody sits here: that keeps it. */
const PRESENT_MS = 60_000;

const SessionContext = createContext<SessionState | null>(null);

/** Noted while somebody is signed in: without it nobody need ask, and most who look never sign in. */
const STORED = "wattmarket.session";

function note(session: Session | null): void {
  if (session === null) localStorage.removeItem(STORED);
  else localStorage.setItem(STORED, session.person_id);
}

/** The session, null without one. */
async function readSession(signal: AbortSignal): Promise<Session | null> {
  if (localStorage.getItem(STORED) === null) return null;
  const answer = await send<Session>("get", "/v1/session", { signal });
  if (answer.ok) return answer.value;
  if (answer.problem.status !== 401) throw new RefusedError(answer.problem);
  note(null);
  return null;
}

export function SessionProvider({ children }: { children: ReactNode }) {
  const cache = useQueryClient();
  const [lapsed, setLapsed] = useState(false);
  const forget = useCallback(() => {
    for (const query of cache.getQueryCache().findAll({ predicate: isOnes })) query.reset();
  }, [cache]);
  const { data, error } = useQuery({
    queryKey: KEY,
    queryFn: async ({ signal }) => {
      const before = cache.getQueryData<Session | null>(KEY);
      const found = await readSession(signal);
      if (before && before.person_id !== found?.person_id) {
        setLapsed(found === null);
        forget();
      }
      return found;
    },
    staleTime: Infinity,
    refetchInterval: LOOK_MS,
    refetchIntervalInBackground: true,
    retry: true,
    retryDelay: (attempt) => Math.min(15_000, 1_000 * 2 ** attempt),
  });
  const session = data ?? null;
  const person = session?.person_id ?? null;
  /** Whose the page is, as it is drawn. */
  const drawn = useRef(person);
  const set = useCallback(
    (session: Session | null) => {
      const before = cache.getQueryData<Session | null>(KEY);
      cache.setQueryData(KEY, session);
      note(session);
      if (before?.person_id !== session?.person_id) forget();
    },
    [cache, forget],
  );
  const enter = useCallback(
    (session: Session) => {
      setLapsed(false);
      set(session);
    },
    [set],
  );
  const ended = useCallback(() => {
    if (cache.getQueryData<Session | null>(KEY) != null) setLapsed(true);
    set(null);
  }, [cache, set]);
  const underWay = useRef<Promise<Answer<void>>>(null);
  const gone = useRef(() => {});
  const leaving = useCallback(() => underWay.current, []);
  const told = useRef<Promise<unknown>>(Promise.resolve());
  const tell = useCallback((word: () => Promise<unknown>) => {
    // Who signs out has nothing more to say; one word after the other, so that the last one holds.
    if (underWay.current === null) told.current = told.current.then(word, word);
  }, []);
  const tellLanguage = useCallback(
    (language: Language) => tell(() => send("patch", "/v1/people/me", { body: { language } })),
    [tell],
  );
  const leave = useCallback(async () => {
    const signOut = async () => {
      // What is still being read would reach a session that is over, and be refused.
      await cache.cancelQueries({ predicate: isOnes });
      // So would what is still being told, and be lost.
      await told.current;
      const answer = await send<void>("delete", "/v1/session");
      if (answer.ok || answer.problem.status === 401) {
        // Until the page is drawn anew, what it shows could be asked for once more, by nobody.
        const cleared = new Promise<void>((done) => (gone.current = done));
        set(null);
        if (drawn.current !== null) await cleared;
      }
      return answer;
    };
    underWay.current = signOut();
    const answer = await underWay.current;
    underWay.current = null;
    // Refused: one is still in, and the page reads on.
    if (cache.getQueryData(KEY) !== null) {
      void cache.refetchQueries({ predicate: isOnes, type: "active" });
    }
    return answer;
  }, [cache, set]);
  usePresence(session !== null, tell, ended);
  // Asked anew only once the page is the new person's: what it no longer shows is nobody's to ask.
  useEffect(() => {
    if (drawn.current === person) return;
    drawn.current = person;
    gone.current();
    void cache.refetchQueries({ predicate: isOnes, type: "active" });
  }, [cache, person]);
  const standing: Standing =
    data !== undefined ? (data === null ? "out" : "in") : error ? "unreachable" : "asking";
  const problem = error instanceof RefusedError ? error.problem : null;
  const state = useMemo(
    () => ({ standing, session, problem, lapsed, enter, leave, leaving, ended, tellLanguage }),
    [standing, session, problem, lapsed, enter, leave, leaving, ended, tellLanguage],
  );
  return <SessionContext value={state}>{children}</SessionContext>;
}

/** Tells the server of a person who moves, so that who works is not signed out for being idle. */
function usePresence(
  signedIn: boolean,
  tell: (word: () => Promise<unknown>) => void,
  ended: () => void,
) {
  useEffect(() => {
    if (!signedIn) return;
    let toldMs = performance.now();
    const present = async () => {
      const answer = await send("get", "/v1/people/me");
      if (!answer.ok && answer.problem.status === 401) ended();
    };
    const moved = () => {
      if (performance.now() - toldMs < PRESENT_MS) return;
      toldMs = performance.now();
      tell(present);
    };
    addEventListener("pointerdown", moved);
    addEventListener("keydown", moved);
    return () => {
      removeEventListener("pointerdown", moved);
      removeEventListener("keydown", moved);
    };
  }, [signedIn, tell, ended]);
}

export function useSession(): SessionState {
  const state = use(SessionContext);
  if (state === null) throw new Error("useSession outside of an application");
  return state;
}

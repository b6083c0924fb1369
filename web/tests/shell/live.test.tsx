// @vitest-environment jsdom
// The first connection, and the one after a sign-in: nobody is warned while it is on its way, everybody when
// it does not come; and it is not begun as somebody else's.

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, useState, type ReactNode } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Speak } from "../../src/language/Speak";
import { BASE, loadTexts } from "../../src/language/texts";
import { Stale } from "../../src/parts/state/states";
import { StaleBanner } from "../../src/shell/Header";
import { FIRST_MS, LATE_MS, LiveProvider, ticketFor, useLive, useNews } from "../../src/shell/live";
import { SessionProvider, useSession, type Session } from "../../src/shell/session";
import type { Answer } from "../../src/wire/client";

let sockets: FakeSocket[] = [];
let said: object[] = [];
class FakeSocket {
  static readonly OPEN = 1;
  readyState = 1;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  constructor() {
    sockets.push(this);
  }
  send(text: string) {
    said.push(JSON.parse(text));
  }
  close() {}
  say(message: object) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

function Figures() {
  const { live, sinceMs } = useLive();
  return (
    <Stale stale={!live} since={sinceMs}>
      figures
    </Stale>
  );
}

/** Hears what is new of what it has read. */
function News() {
  useNews("alarms", "village", "/v1/markets/{market}/alarms");
  return null;
}

const HELLO = {
  ...{ type: "hello", channel: null, key: null, epoch: 1, seq: null },
  ts: "2016-07-01T00:50:00Z",
  data: { now: "2016-07-01T00:50:00Z", speed: 1, running: true },
};
const ALARMS = {
  ...{ type: "snapshot", channel: "alarms", key: "village", epoch: 1, seq: 4 },
  ...{ ts: "2016-07-01T00:50:00Z", data: { items: [] } },
};

let root: Root;
let cache: QueryClient;
const text = () => document.body.textContent ?? "";
const pass = (ms: number) => act(async () => void (await vi.advanceTimersByTimeAsync(ms)));

beforeEach(async () => {
  vi.useFakeTimers();
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  vi.stubGlobal("WebSocket", FakeSocket);
  vi.stubGlobal("fetch", async () => new Response('{"code":"SESSION_ENDED"}', { status: 401 }));
  localStorage.setItem("wattmarket.language", "en");
  sockets = [];
  said = [];
  await loadTexts("en", BASE);
});

async function open(inside: ReactNode = null): Promise<void> {
  cache = new QueryClient();
  const box = document.createElement("div");
  document.body.append(box);
  root = createRoot(box);
  await act(async () =>
    root.render(
      <Speak zone="Europe/Rome">
        <QueryClientProvider client={cache}>
          <SessionProvider>
            <LiveProvider market="village">
              <StaleBanner />
              <Figures />
              {inside}
            </LiveProvider>
          </SessionProvider>
        </QueryClientProvider>
      </Speak>,
    ),
  );
  await pass(100);
}
afterEach(async () => {
  await act(async () => root.unmount());
  document.body.replaceChildren();
  localStorage.removeItem("wattmarket.session");
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("is said to be on its way, and warned of only when it takes too long", async () => {
  await open();
  expect(text()).toBe("figuresConnecting…");
  await pass(FIRST_MS - 1_000);
  expect(text()).toBe("figuresConnecting…");
  await pass(2_000);
  expect(text()).toContain("No live connection yet");
  expect(text()).toContain("Not live.");
});

it("once there needs no word, and its silence is warned of at once", async () => {
  await open();
  await act(async () => sockets[0]?.onopen?.());
  await act(async () => sockets[0]?.say(HELLO));
  await pass(1_000);
  expect(text()).toBe("figures");
  await pass(LATE_MS);
  expect(text()).toContain("may be out of date");
  expect(text()).toContain("Not live. As of 02:50:00");
});

it("waits until it is known who hears, and is then that person's at once", async () => {
  const answers: Record<string, object> = {
    "/v1/session": { person_id: "olga" },
    "/v1/stream-tickets": { ticket: "t-1" },
  };
  let tell = () => {};
  const told = new Promise<void>((done) => (tell = done));
  vi.stubGlobal("fetch", async (asked: Request | string) => {
    const { pathname } = new URL(asked instanceof Request ? asked.url : asked, location.href);
    if (pathname === "/v1/session") await told;
    return new Response(JSON.stringify(answers[pathname]), {
      headers: { "content-type": "application/json" },
    });
  });
  localStorage.setItem("wattmarket.session", "olga");
  await open();
  expect(sockets).toHaveLength(0);
  await act(async () => tell());
  await pass(100);
  await act(async () => sockets[0]?.onopen?.());
  await pass(100);
  expect(sockets).toHaveLength(1);
  expect(said).toEqual([{ type: "authenticate", ticket: "t-1" }]);
});

it("is not called cut when somebody signs in, whose own takes its place", async () => {
  vi.stubGlobal("fetch", async () => new Response('{"ticket":"t-1"}'));
  let enter = (_: Session) => {};
  const Entrance = () => {
    enter = useSession().enter;
    return null;
  };
  await open(<Entrance />);
  await act(async () => sockets[0]?.onopen?.());
  await act(async () => sockets[0]?.say(HELLO));
  await pass(1_000);
  expect(text()).toBe("figures");
  await act(async () => enter({ person_id: "olga" } as Session));
  await pass(1_000);
  expect(sockets).toHaveLength(2);
  expect(text()).toBe("figuresConnecting…");
  await pass(FIRST_MS);
  expect(text()).toContain("The connection is cut. What you see was true at 02:50:00");
  await act(async () => sockets.at(-1)?.onopen?.());
  await act(async () => sockets.at(-1)?.say(HELLO));
  await pass(1_000);
  expect(text()).toBe("figures");
  // A cut is one also afterwards.
  await act(async () => sockets.at(-1)?.onclose?.({ code: 1006 }));
  await pass(250);
  expect(text()).toContain("The connection is cut");
});

it("reads again what happened between a reading and the first snapshot, not what it had read as it heard", async () => {
  let show = (_: boolean) => {};
  const Late = () => {
    const [shown, set] = useState(false);
    show = set;
    return shown ? <News /> : null;
  };
  const again = () => renewed.mock.calls.length;
  await open(
    <>
      <News />
      <Late />
    </>,
  );
  const renewed = vi.spyOn(cache, "invalidateQueries");
  await act(async () => sockets[0]?.onopen?.());
  await act(async () => sockets[0]?.say(HELLO));
  await act(async () => sockets[0]?.say(ALARMS));
  await pass(2_000);
  expect(again()).toBe(1);
  await act(async () => show(true));
  await act(async () => sockets[0]?.say({ ...ALARMS, seq: 5 }));
  await pass(2_000);
  // The first hearer is told of everything; the one that has just come had read it.
  expect(again()).toBe(2);
});

describe("the ticket of a connection", () => {
  const session = { person_id: "olga" } as Session;
  const asked = vi.fn<(signal: AbortSignal) => Promise<Response>>();
  const who =
    (left: boolean | null, still: Session | null = session) =>
    () => ({
      session: still,
      ended: () => {},
      leaving: () => (left === null ? null : Promise.resolve({ ok: left } as Answer<void>)),
    });
  beforeEach(() => {
    cache = new QueryClient();
    asked.mockReset();
    asked.mockImplementation(async () => new Response('{"ticket":"t-1"}'));
    vi.stubGlobal("fetch", (_: string, { signal }: { signal: AbortSignal }) => asked(signal));
  });

  it("is asked for by somebody, anew each time", async () => {
    for (let time = 0; time < 2; time++) {
      expect(await ticketFor(cache, who(null))).toEqual({ kind: "ticket", ticket: "t-1" });
    }
    expect(asked).toHaveBeenCalledTimes(2);
    expect(await ticketFor(cache, who(null, null))).toEqual({ kind: "public" });
    expect(asked).toHaveBeenCalledTimes(2);
  });

  it("is not asked for with a session that is over", async () => {
    expect(await ticketFor(cache, who(true))).toEqual({ kind: "public" });
    expect(asked).not.toHaveBeenCalled();
    expect(await ticketFor(cache, who(false))).toMatchObject({ kind: "ticket" });
  });

  it("is given up when somebody signs out meanwhile", async () => {
    asked.mockImplementation(
      (signal) =>
        new Promise((_, fail) => signal.addEventListener("abort", () => fail(signal.reason))),
    );
    const waiting = ticketFor(cache, who(null));
    await vi.waitUntil(() => asked.mock.calls.length === 1);
    await cache.cancelQueries();
    expect(asked.mock.calls[0]?.[0].aborted).toBe(true);
    expect(await waiting).toEqual({ kind: "later" });
  });
});

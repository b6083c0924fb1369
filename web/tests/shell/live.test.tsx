// @vitest-environment jsdom
// The first connection: nobody is warned while it is on its way, everybody when it does not come.

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Speak } from "../../src/language/Speak";
import { BASE, loadTexts } from "../../src/language/texts";
import { Stale } from "../../src/parts/state/states";
import { StaleBanner } from "../../src/shell/Header";
import { FIRST_MS, LATE_MS, LiveProvider, useLive } from "../../src/shell/live";
import { SessionProvider } from "../../src/shell/session";

let sockets: FakeSocket[] = [];
class FakeSocket {
  static readonly OPEN = 1;
  readyState = 1;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  constructor() {
    sockets.push(this);
  }
  send() {}
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

let root: Root;
const text = () => document.body.textContent ?? "";
const pass = (ms: number) => act(async () => void (await vi.advanceTimersByTimeAsync(ms)));

beforeEach(async () => {
  vi.useFakeTimers();
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  vi.stubGlobal("WebSocket", FakeSocket);
  vi.stubGlobal("fetch", async () => new Response('{"code":"SESSION_ENDED"}', { status: 401 }));
  localStorage.setItem("wattmarket.language", "en");
  sockets = [];
  await loadTexts("en", BASE);
  const box = document.createElement("div");
  document.body.append(box);
  root = createRoot(box);
  await act(async () =>
    root.render(
      <Speak zone="Europe/Rome">
        <QueryClientProvider client={new QueryClient()}>
          <SessionProvider>
            <LiveProvider market="village">
              <StaleBanner />
              <Figures />
            </LiveProvider>
          </SessionProvider>
        </QueryClientProvider>
      </Speak>,
    ),
  );
  await pass(100);
});
afterEach(async () => {
  await act(async () => root.unmount());
  document.body.replaceChildren();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("is said to be on its way, and warned of only when it takes too long", async () => {
  expect(text()).toBe("figuresConnecting…");
  await pass(FIRST_MS - 1_000);
  expect(text()).toBe("figuresConnecting…");
  await pass(2_000);
  expect(text()).toContain("No live connection yet");
  expect(text()).toContain("Not live.");
});

it("once there needs no word, and its silence is warned of at once", async () => {
  await act(async () => sockets[0]?.onopen?.());
  await act(async () =>
    sockets[0]?.say({
      ...{ type: "hello", channel: null, key: null, epoch: 1, seq: null },
      ...{
        ts: "2016-07-01T00:50:00Z",
        data: { now: "2016-07-01T00:50:00Z", speed: 1, running: true },
      },
    }),
  );
  await pass(1_000);
  expect(text()).toBe("figures");
  await pass(LATE_MS);
  expect(text()).toContain("may be out of date");
  expect(text()).toContain("Not live. As of 02:50:00");
});

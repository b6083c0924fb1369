// @vitest-environment jsdom
// Signing in and out, the way back, roles, and an act that wants a fresh proof, against a server of
// answers written here.

import { act, useState } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { BASE, loadTexts } from "../../src/language/texts";
import { Application } from "../../src/shell/Application";
import type { Screen } from "../../src/shell/screens";
import { useAct, useRead, useRenew } from "../../src/wire/queries";
import { MARKET } from "../wire";

const SESSION = {
  person_id: "person-1",
  login: "wen",
  name: "Wen Ling",
  role: "operator",
  market_id: null,
  participant_id: null,
  area_id: null,
  language: "en",
  stepped_up_until: null,
  idle_ends_at: "2026-01-01T00:15:00Z",
  ends_at: "2026-01-01T12:00:00Z",
};

class QuietSocket {
  onopen = null;
  onmessage = null;
  onclose = null;
  send() {}
  close() {}
}

let signedIn: boolean;
/** The market's own answer waits for it. */
let marketComes: Promise<void>;
/** And the answer to a signing out for this; what it is. */
let leaveComes: Promise<void>;
let leaves: boolean;
/** And the answer to what is told of the person. */
let toldComes: Promise<void>;
let steppedUp: boolean;
let calls: { method: string; path: string; body: unknown; key: string | undefined }[];
let root: Root;
let box: HTMLElement;

type Reply = [status: number, body?: unknown];
const refused = (status: number, code: string): Reply => [status, { code, errors: [] }];

function reply(method: string, path: string, body: Record<string, unknown>): Reply {
  const name = `${method} ${path.split("?")[0]}`;
  if (name === "GET /v1/markets") return [200, { items: [MARKET], next_cursor: null }];
  if (name === "GET /v1/markets/village") return [200, MARKET];
  if (name === "POST /v1/session:password") {
    if (body.code !== "123456") return refused(401, "CREDENTIALS_WRONG");
    signedIn = true;
    return [200, SESSION];
  }
  if (!signedIn) return refused(401, "SESSION_ENDED");
  if (name === "GET /v1/session" || path === "/v1/people/me") return [200, SESSION];
  if (name === "DELETE /v1/session") {
    if (!leaves) return refused(503, "SYSTEM_UNAVAILABLE");
    signedIn = false;
    return [204];
  }
  if (name === "POST /v1/session:step-up") {
    steppedUp = body.code === "654321";
    return steppedUp ? [200, SESSION] : refused(401, "CREDENTIALS_WRONG");
  }
  if (name === "GET /v1/markets/village/alarms") return [200, { items: [], next_cursor: null }];
  if (name === "GET /v1/markets/village/stops") return [200, { items: [], next_cursor: null }];
  if (name === "POST /v1/markets/village/stops:release") {
    return steppedUp ? [200, {}] : refused(403, "STEP_UP_REQUIRED");
  }
  return refused(404, "NOT_FOUND");
}

function Alarms() {
  return <i>{useRead("/v1/markets/{market}/alarms").state}</i>;
}

/** The market tells that something has changed. */
let news: () => void;

function Desk() {
  const [more, showMore] = useState(false);
  const renew = useRenew();
  news = () => renew("/v1/markets/{market}/stops");
  const stops = useRead("/v1/markets/{market}/stops");
  const release = useAct("post", "/v1/markets/{market}/stops:release", {
    renews: ["/v1/markets/{market}/stops"],
  });
  return (
    <>
      <output>{[stops.state, release.problem?.code, release.busy].join(" ")}</output>
      <button type="button" id="more" onClick={() => showMore(true)} />
      {more && <Alarms />}
      <button type="button" id="release" onClick={() => void release.act({ body: {} as never })} />
    </>
  );
}

const screens: Screen[] = [
  { id: "control", roles: ["operator"], texts: "situation", load: async () => ({ default: Desk }) },
  {
    id: "energy",
    roles: ["participant"],
    texts: "situation",
    load: async () => ({ default: Desk }),
  },
];
const groups = [{ id: "control", screens: ["control", "energy"] }];

beforeAll(() => loadTexts("en", [...BASE, "situation"]));

beforeEach(() => {
  vi.useFakeTimers();
  signedIn = steppedUp = false;
  calls = [];
  localStorage.clear();
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  vi.stubGlobal("WebSocket", QuietSocket);
  vi.stubGlobal("matchMedia", () => ({
    matches: false,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  }));
  marketComes = leaveComes = toldComes = Promise.resolve();
  leaves = true;
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    const body = init.body === undefined ? {} : (JSON.parse(init.body as string) as object);
    const headers = init.headers as Record<string, string>;
    const method = init.method ?? "GET";
    calls.push({ method, path: url, body, key: headers["idempotency-key"] });
    const [status, answer] = reply(method, url, body as Record<string, unknown>);
    const content = answer === undefined ? null : JSON.stringify(answer);
    if (url === "/v1/markets/village") await marketComes;
    if (method === "DELETE") await leaveComes;
    if (url === "/v1/people/me") await toldComes;
    return new Response(content, { status });
  });
  // jsdom has none; the names here need no escaping.
  vi.stubGlobal("CSS", { escape: (text: string) => text });
  box = document.createElement("div");
  document.body.append(box);
  root = createRoot(box);
});

afterEach(async () => {
  await act(async () => root.unmount());
  box.remove();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Each step draws what the one before has brought. */
async function settle() {
  for (let step = 0; step < 3; step++) {
    await act(async () => void (await vi.advanceTimersByTimeAsync(10)));
  }
}

async function open(path: string) {
  history.replaceState(null, "", `/console${path}`);
  await act(async () =>
    root.render(
      <Application base="/console" name="app.console" groups={groups} screens={screens} />,
    ),
  );
  await settle();
  await settle();
}

/** Also in dialogs, which stand beside the page. */
function button(text: string): HTMLElement {
  const found = [...document.querySelectorAll("button")].find((each) => each.textContent === text);
  if (!found) throw new Error(`no button ${text} in ${document.body.textContent}`);
  return found;
}

async function click(element: HTMLElement | null) {
  await act(async () => element?.click());
  await settle();
}

async function type(label: string, text: string) {
  const named = [...document.querySelectorAll("label")].find((each) => each.textContent === label);
  const input = document.getElementById(named?.htmlFor ?? "") as HTMLInputElement;
  const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")?.set;
  await act(async () => {
    set?.call(input, text);
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

/** The question is fetched when it is first asked. */
async function asked() {
  while (document.querySelector("[role=dialog]") === null) await settle();
}

async function send(form: string) {
  const found = document.querySelector<HTMLFormElement>(form);
  await act(async () => found?.requestSubmit());
  await settle();
}

async function signIn(code = "123456") {
  await type("Login", "wen");
  await type("Password", "three lanterns");
  await type("Code of your authenticator", code);
  await send("form");
}

describe("who is not signed in", () => {
  it("is not asked after, and comes to the sign-in with the way back", async () => {
    await open("/control?market=village");
    expect(calls.map(({ path }) => path)).not.toContain("/v1/session");
    expect(location.pathname).toBe("/console/sign-in");
    expect(new URLSearchParams(location.search).get("to")).toBe("/control?market=village");
  });

  it("keeps what was typed before the market was known", async () => {
    let come = () => {};
    marketComes = new Promise((done) => (come = done));
    await open("/control");
    await type("Login", "wen");
    await act(async () => come());
    await settle();
    expect(box.textContent).toContain(MARKET.name);
    expect(box.querySelector<HTMLInputElement>("input")?.value).toBe("wen");
  });

  it("is told what was wrong, keeps what was typed, and comes back", async () => {
    await open("/control");
    await signIn("000000");
    expect(box.querySelector("[role=alert]")?.textContent).toBe("The credentials do not fit.");
    expect(box.querySelector<HTMLInputElement>("input[type=password]")?.value).toBe(
      "three lanterns",
    );
    await signIn();
    expect(location.pathname).toBe("/console/control");
    expect(box.textContent).toContain("Wen Ling");
    expect(box.querySelector("output")?.textContent).toContain("ready");
  });
});

describe("who is signed in", () => {
  beforeEach(() => {
    signedIn = true;
    localStorage.setItem("wattmarket.session", "person-1");
  });

  it("sees the pages of the role and is told of the others", async () => {
    await open("/energy");
    expect(box.querySelector("main h1")?.textContent).toBe("This page is not for your role");
    expect(box.querySelector("main")?.textContent).toContain("Wen Ling (Operator)");
  });

  it("leaves, and nothing of it stays", async () => {
    await open("/control");
    await click(button("Sign out"));
    expect(location.pathname).toBe("/console/sign-in");
    expect(localStorage.getItem("wattmarket.session")).toBeNull();
    expect(box.textContent).not.toContain("Your session has ended");
  });

  it("is out, and what the page still shows is asked for by nobody", async () => {
    await open("/control");
    const before = calls.length;
    await act(async () => {
      button("Sign out")?.click();
      // The server has answered; the page is drawn anew by a timer, which does not run here yet.
      for (let turn = 0; turn < 200; turn++) await Promise.resolve();
      expect(localStorage.getItem("wattmarket.session")).toBeNull();
      expect(location.pathname).toBe("/console/control");
      news();
      await vi.advanceTimersByTimeAsync(100);
    });
    await settle();
    expect(location.pathname).toBe("/console/sign-in");
    expect(calls.slice(before).map(({ method }) => method)).toEqual(["DELETE"]);
  });

  it.each([
    ["the language chosen last", "PATCH", () => button("中文").click()],
    [
      "that somebody still sits here",
      "GET",
      () => {
        vi.advanceTimersByTime(60_000);
        dispatchEvent(new Event("pointerdown"));
      },
    ],
  ])("is out only once the server has heard %s", async (_, method, say) => {
    let comes = () => {};
    await open("/control");
    toldComes = new Promise((done) => (comes = done));
    // Found before: its words change as soon as the texts of the other language are there.
    const out = button("Sign out");
    await act(async () => say());
    await click(out);
    const last = () => calls.at(-1);
    expect([last()?.method, last()?.path]).toEqual([method, "/v1/people/me"]);
    comes();
    await settle();
    expect([last()?.method, last()?.path]).toEqual(["DELETE", "/v1/session"]);
    expect(localStorage.getItem("wattmarket.session")).toBeNull();
  });

  it.each([
    ["is never asked, once one is out", true],
    ["is asked once one stays", false],
  ])("begins to read something while signing out: it %s", async (_, out) => {
    const alarms = () => calls.filter(({ path }) => path.includes("/alarms"));
    let comes = () => {};
    leaveComes = new Promise((done) => (comes = done));
    leaves = out;
    await open("/control");
    await click(button("Sign out"));
    await click(document.getElementById("more"));
    expect(calls.at(-1)?.method).toBe("DELETE");
    expect(alarms()).toEqual([]);
    comes();
    await settle();
    await settle();
    expect(alarms()).toHaveLength(out ? 0 : 1);
    expect(location.pathname).toBe(out ? "/console/sign-in" : "/console/control");
    if (!out) expect(box.querySelector("i")?.textContent).toBe("ready");
  });

  it("whose session ends while acting signs in and is back", async () => {
    await open("/control");
    signedIn = false;
    await click(document.getElementById("release"));
    expect(location.pathname).toBe("/console/sign-in");
    expect(box.textContent).toContain("Your session has ended");
    await signIn();
    expect(location.pathname).toBe("/console/control");
  });

  it("shows once more who it is, and the act is done under its one name", async () => {
    await open("/control");
    await click(document.getElementById("release"));
    await asked();
    expect(document.querySelector("[role=dialog] h2")?.textContent).toBe("Show that it is you");
    await type("Password", "three lanterns");
    await type("Code of your authenticator", "111111");
    await send("[role=dialog] form");
    expect(document.querySelector("[role=dialog] [role=alert]")).not.toBeNull();
    await type("Code of your authenticator", "654321");
    await send("[role=dialog] form");
    expect(document.querySelector("[role=dialog]")).toBeNull();
    const released = calls.filter(({ path }) => path.endsWith("stops:release"));
    expect(released).toHaveLength(2);
    expect(new Set(released.map(({ key }) => key)).size).toBe(1);
    // What was read is read again once it is done.
    expect(calls.filter(({ path }) => path.endsWith("/stops"))).toHaveLength(2);
  });

  it("may turn away: the act stays refused", async () => {
    await open("/control");
    await click(document.getElementById("release"));
    await asked();
    await click(button("Do not do it"));
    expect(box.querySelector("output")?.textContent).toContain("STEP_UP_REQUIRED");
    expect(calls.filter(({ path }) => path.endsWith("stops:release"))).toHaveLength(1);
  });
});

// @vitest-environment jsdom
// The whole page in a document without canvas: what it says, by keyboard, in both languages, and
// whether axe finds a barrier in it.

import axe from "axe-core";
import { act } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { LANGUAGES } from "../../../src/language/language";
import { BASE, loadTexts } from "../../../src/language/texts";
import { GROUPS, SCREENS } from "../../../src/console/navigation";
import { Application } from "../../../src/shell/Application";
import type { Envelope } from "../../../src/wire/types";
import { MARKET, cleared, message, on, scheduled } from "../../wire";

// Canvases cannot be read in here; what the chart draws is also in the page's tables.
vi.mock("../../../src/chart/DayPlot", () => ({ DayPlot: () => <div aria-hidden="true" /> }));

/** After this long what was heard is on the page, and the curves it asks for are there. */
const SHOWN_MS = 300;

class FakeWebSocket {
  static OPEN = 1;
  static latest: FakeWebSocket;
  readyState = 1;
  said: string[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  constructor(readonly url: string) {
    FakeWebSocket.latest = this;
  }
  send(text: string) {
    this.said.push(text);
  }
  close() {}
}

const CURVES = {
  start: cleared(40).start,
  areas: [
    {
      area_id: "RUR",
      price_per_mwh: "200.00",
      supply: [["90.00", "3.000"]],
      demand: [["4000.00", "12.000"]],
    },
  ],
};

let markets = [MARKET];
let root: Root;
let box: HTMLElement;

function answer(url: string): { status: number; body: unknown } {
  const path = url.split("?")[0] ?? "";
  if (path === "/v1/health") return { status: 200, body: { status: "ok", version: "0.1.0" } };
  if (path === "/v1/clock") {
    const now = "2016-06-15T09:00:00Z";
    return { status: 200, body: { now, speed: 720, simulated: true, running: true } };
  }
  if (path === "/v1/markets") return { status: 200, body: { items: markets, next_cursor: null } };
  const market = markets.find(({ market_id }) => path === `/v1/markets/${market_id}`);
  if (market) return { status: 200, body: market };
  if (path.endsWith("/curves")) return { status: 200, body: CURVES };
  if (path.endsWith("/intervals")) return { status: 200, body: { items: [], next_cursor: null } };
  return { status: 404, body: { code: "NOT_FOUND" } };
}

beforeAll(async () => {
  for (const language of LANGUAGES) await loadTexts(language, [...BASE, "situation"]);
});

beforeEach(async () => {
  markets = [MARKET];
  history.replaceState(null, "", "/console/");
  localStorage.clear();
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  vi.stubGlobal("WebSocket", FakeWebSocket);
  vi.stubGlobal("matchMedia", () => ({
    matches: false,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  }));
  vi.stubGlobal("fetch", (url: string) => {
    const { status, body } = answer(url);
    return Promise.resolve(new Response(JSON.stringify(body), { status }));
  });
  // axe looks for icon fonts with a canvas; without one it looks no further.
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(null);
  vi.useFakeTimers();
  document.documentElement.lang = "";
  box = document.createElement("div");
  document.body.append(box);
  root = createRoot(box);
});

afterEach(async () => {
  await act(async () => root.unmount());
  box.remove();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

async function pass(ms: number) {
  await act(() => vi.advanceTimersByTimeAsync(ms));
}

async function open() {
  await act(async () =>
    root.render(
      <Application base="/console" name="app.console" groups={GROUPS} screens={SCREENS} />,
    ),
  );
  await pass(10);
  // The screen comes by itself, by an import that no timer brings.
  for (const screen of SCREENS) await act(async () => void (await screen.load()));
  await pass(10);
}

async function hear(...envelopes: Envelope[]) {
  const socket = FakeWebSocket.latest;
  await act(async () => {
    for (const each of envelopes) socket.onmessage?.({ data: JSON.stringify(each) });
  });
  await pass(SHOWN_MS);
}

async function live() {
  await open();
  FakeWebSocket.latest.onopen?.();
  const intervals = [
    scheduled(38, { phase: "settled" }),
    cleared(39, { phase: "settling" }),
    cleared(40),
    scheduled(41),
  ];
  const start = cleared(40).start;
  const trade = {
    trade_id: "T1",
    side: "buy",
    price_per_mwh: "200.00",
    energy_kwh: "1.250",
    venue: "call",
    start,
  };
  const pace = { now: "2016-06-15T09:00:00Z", running: true, speed: 720 };
  await hear(
    { ...message("hello", null, pace), channel: null, key: null },
    message("snapshot", 3, { intervals, stops: [] }),
    on("trades", "RUR", "snapshot", 1, { items: [trade] }),
  );
}

const text = () => box.textContent ?? "";
const find = (selector: string): HTMLElement => {
  const found = box.querySelector<HTMLElement>(selector);
  if (!found) throw new Error(`nothing is ${selector}`);
  return found;
};
const button = (label: string): HTMLElement => {
  const all = [...box.querySelectorAll<HTMLElement>("button")];
  const found = all.find((each) => each.textContent === label || each.ariaLabel === label);
  if (!found) throw new Error(`no button ${label}`);
  return found;
};
const click = (element: HTMLElement) => act(async () => element.click());

describe("the situation page", () => {
  it("waits for a market and says so", async () => {
    markets = [];
    await open();
    expect(text()).toContain("No market has been created yet");
    markets = [MARKET];
    await pass(3_100);
    expect(text()).toContain("Village");
  });

  it("subscribes to the market and to the trades of each area, without a token", async () => {
    await live();
    expect(FakeWebSocket.latest.url).toMatch(/^ws:\/\/.*\/v1\/markets\/village\/stream$/);
    const said = FakeWebSocket.latest.said.map(
      (each) => JSON.parse(each) as Record<string, unknown>,
    );
    expect(said[0]).toEqual({ type: "authenticate", token: null });
    expect(said.slice(1).map(({ channel, key }) => `${String(channel)}.${String(key)}`)).toEqual([
      "market.village",
      "trades.RUR",
      "trades.SEM",
      "trades.GRID",
    ]);
  });

  it("shows phase, next gate, price, flow, trade and health", async () => {
    await live();
    expect(find(".step.phase-settled").textContent).toContain("1");
    expect(find(".gate").textContent).toContain("Next gate 10:00");
    expect(find(".panel-curves").textContent).toContain("200.00Sold 3.000");
    expect(find(".panel-grid").textContent).toContain("36.7 / 80.0 kW");
    expect(find(".panel-trades").textContent).toContain("1.250");
    expect(find(".panel-health").textContent).toContain("2 of 96");
    expect(find(".panel-health").textContent).toContain("version 0.1.0");
  });

  it("shows continuous trading: phase, stops, the book, and how a trade was made", async () => {
    markets = [{ ...MARKET, continuous: { opens_minutes: 660 } }];
    await live();
    const said = FakeWebSocket.latest.said.map((each) => JSON.parse(each) as { channel?: string });
    expect(said.filter(({ channel }) => channel === "book")).toHaveLength(4);
    expect(find(".panel-book").textContent).toContain("Waiting for the book");
    const { start } = scheduled(42);
    const levels = [
      { side: "buy", price_per_mwh: "99.00", energy_kwh: "1.500" },
      { side: "sell", price_per_mwh: "101.00", energy_kwh: "0.700" },
    ];
    const sold = { trade_id: "T2", side: "sell", price_per_mwh: "1.00", energy_kwh: "2.000" };
    await hear(
      message("delta", 4, { event: "phase", start, area: null, phase: "continuous", at: "" }),
      on("book", "RUR", "snapshot", 1, { intervals: [{ start, phase: "continuous", levels }] }),
      message("delta", 5, { event: "phase", start, area: "RUR", phase: "halt", at: "" }),
      on("trades", "RUR", "delta", 2, {
        event: "trades",
        ...{ start, items: [{ ...sold, venue: "continuous" }] },
      }),
    );
    expect(find(".step.phase-continuous").textContent).toContain("1");
    expect(find(".chips").textContent).toContain("Halted · RUR · 10:30");
    expect(find(".panel-book .chip").textContent).toBe("Halted");
    expect(find(".panel-book tbody").textContent).toBe("101.000.70099.001.500");
    expect(find(".panel-trades tbody tr").textContent).toContain("SellContinuous2.000");
    await click(button("中文"));
    expect(find(".panel-book").textContent).toContain("公开订单簿");
    expect(find(".chips").textContent).toContain("暂停交易 · RUR");
    vi.useRealTimers();
    const { violations } = await axe.run(box, { rules: { "color-contrast": { enabled: false } } });
    expect(violations.map(({ id }) => id)).toEqual([]);
  });

  it("moves with what it hears", async () => {
    await live();
    const faulty = cleared(41, { audit_faults: ["balance"], rung: "merit_order" });
    await hear(
      message("delta", 4, { event: "cleared", interval: faulty }),
      message("delta", 5, { event: "settled", start: cleared(39).start, ledger_sum: "0.00000001" }),
    );
    const health = find(".panel-health").textContent;
    expect(health).toContain("3 of 96");
    expect(health).toContain("Merit order, areas apart");
    expect(health).toContain("1 (10:15)");
    expect(health).toContain("0.00000001");
    expect(box.querySelectorAll(".health-item.bad")).toHaveLength(2);
  });

  it("has a table behind each chart", async () => {
    await live();
    await click(button("Show Area prices as a table"));
    const rows = [...box.querySelectorAll(".panel-price tbody tr")].map((row) =>
      [...row.children].map((cell) => cell.textContent),
    );
    expect(rows).toHaveLength(2);
    expect(rows[1]).toEqual([
      "10:00–10:15",
      "200.00",
      "205.50",
      "160.00",
      "160.00",
      "80.00",
      "22.000",
    ]);
    await click(button("Show Supply and demand as a table"));
    expect(find(".panel-curves tbody").textContent).toContain("4,000.00");
    await click(button("Show Exchange between areas as a table"));
    expect(find(".panel-grid tbody").textContent).toContain("GRID → RUR");
  });

  it("chooses an interval by keyboard and goes back to the latest", async () => {
    await live();
    const slider = find('[role="slider"]');
    const press = (key: string) =>
      act(async () => slider.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true })));
    expect(slider.getAttribute("aria-valuetext")).toMatch(/^10:00 RUR 200.00/);
    await press("ArrowLeft");
    expect(slider.getAttribute("aria-valuetext")).toMatch(/^09:45 RUR 200.00/);
    expect(button("Latest").ariaPressed).toBe("false");
    await press("ArrowLeft");
    expect(slider.getAttribute("aria-valuetext")).toMatch(/^09:45/);
    await press("End");
    expect(slider.getAttribute("aria-valuetext")).toMatch(/^10:00/);
    expect(button("Latest").ariaPressed).toBe("true");
  });

  it("speaks Chinese when asked, and remembers", async () => {
    await live();
    await click(button("中文"));
    expect(document.documentElement.lang).toBe("zh-CN");
    expect(find(".panel-curves h2").textContent).toBe("供需曲线");
    expect(find(".step.phase-call").textContent).toContain("集中申报");
    expect(text()).not.toContain("Supply and demand");
    expect(localStorage.getItem("wattmarket.language")).toBe("zh-CN");
  });

  it("announces changes of phase, but not more often than one can listen", async () => {
    await live();
    const news = () => find('[data-testid="news"]').textContent;
    const enter = (seq: number, index: number, phase: string) =>
      hear(
        message("delta", seq, {
          event: "phase",
          start: scheduled(index).start,
          area: null,
          phase,
          at: "",
        }),
      );
    await enter(4, 41, "locked");
    expect(news()).toBe("Clearing: delivery 10:15–10:30.");
    await enter(5, 40, "settling");
    expect(news()).toBe("Clearing: delivery 10:15–10:30.");
    await pass(10_000);
    expect(news()).toBe("Settling: delivery 10:00–10:15.");
  });

  it("says at once when the stream is cut, and what the page's time is", async () => {
    await live();
    expect(box.querySelector('[role="alert"]')).toBeNull();
    await act(async () => FakeWebSocket.latest.onclose?.({ code: 1006 }));
    await pass(SHOWN_MS);
    expect(find('[role="alert"]').textContent).toContain("10:00:00 market time");
    await pass(3_000);
    // Nobody knows how the market's time goes on: the clock stands.
    expect(find(".clock").textContent).toContain("10:00:00");
  });

  it("says when nothing has been heard for two heartbeats", async () => {
    await live();
    await pass(11_500);
    expect(find('[role="alert"]').textContent).toContain("Nothing heard for more than 10 s");
  });

  it("lets choose between markets and keeps the choice in the address", async () => {
    markets = [MARKET, { ...MARKET, market_id: "harbour", name: "Harbour" }];
    history.replaceState(null, "", "/console/situation?market=harbour");
    await open();
    expect(FakeWebSocket.latest.url).toContain("/v1/markets/harbour/stream");
    const select = find(".market-choice select") as HTMLSelectElement;
    expect(select.value).toBe("harbour");
  });

  it.each(["EN", "中文"])("has no barrier that axe can find (%s)", async (language) => {
    await live();
    await click(button(language));
    vi.useRealTimers();
    // Contrast is computed in tests/style: there is no layout in here.
    const rules = { "color-contrast": { enabled: false } };
    const { violations } = await axe.run(box, { rules });
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join()}`)).toEqual(
      [],
    );
  });
});

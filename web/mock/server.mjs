// A server for working on the console without the real one: speaks the public part of docs/wire.md
// about a made-up day (day.mjs).
//
//   node mock/server.mjs                     port 8140, 240 x real time, from 09:00
//   PORT=8141 SPEED=720 FROM=22:00 node mock/server.mjs
//   LOSSY=1 ...                              loses deltas, so that the repair can be seen
//   STATIC=1 ...                             also hands out the built console
//
// Loopback only; it knows no secrets and checks none.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { COUNT, QUARTER_MS, START, chance, clear, iso, market } from "./day.mjs";

const PORT = Number(process.env.PORT ?? 8140);
const SPEED = Number(process.env.SPEED ?? 240);
const LOSSY = process.env.LOSSY === "1";
const CONSOLE = new URL("../../api/console/", import.meta.url);
const HELD = 1_000;
const [hours, minutes] = (process.env.FROM ?? "09:00").split(":").map(Number);
const FROM = START + (hours * 60 + minutes) * 60_000;
const CALL_OPENS_MS = market.call_opens_minutes * 60_000;

const epoch = Date.now().toString(36);
const begun = Date.now();
const unlucky = chance(7);
const lastOf = START + COUNT * QUARTER_MS + 45 * 60_000;
const now = () => Math.min(FROM + (Date.now() - begun) * SPEED, lastOf);

const intervals = Array.from({ length: COUNT }, (_, index) => {
  const start = START + index * QUARTER_MS;
  return {
    start: iso(start),
    end: iso(start + QUARTER_MS),
    phase: "scheduled",
    gate_at: iso(start - QUARTER_MS),
    rung: null,
    welfare: null,
    upper_bound: null,
    trades: null,
    solve_ms: null,
    audit_faults: null,
    receipt_hash: null,
    areas: null,
    lines: null,
  };
});
const curves = new Map();
const recent = Object.fromEntries(market.areas.map(({ area_id }) => [area_id, []]));

// What the clock makes happen, in its order.
const timers = [];
for (let index = 0; index < COUNT; index += 1) {
  const start = START + index * QUARTER_MS;
  timers.push({ at: start - CALL_OPENS_MS, act: (at) => enter(index, "call", at) });
  timers.push({ at: start - QUARTER_MS, act: (at) => enter(index, "locked", at) });
  timers.push({ at: start - QUARTER_MS + 20_000, act: (at) => finish(index, at) });
  timers.push({ at: start + QUARTER_MS, act: (at) => enter(index, "settling", at) });
  timers.push({ at: start + 2 * QUARTER_MS, act: (at) => settle(index, at) });
}
timers.sort((a, b) => a.at - b.at);

// --- stream -----------------------------------------------------------------

const sockets = new Set();
const topics = new Map();
function topic(channel, key) {
  const name = `${channel}.${key}`;
  if (!topics.has(name)) topics.set(name, { channel, key, seq: 0, held: [] });
  return topics.get(name);
}

function envelope(type, place, seq, data, ts = now()) {
  return JSON.stringify({
    type,
    channel: place?.channel ?? null,
    key: place?.key ?? null,
    epoch,
    seq,
    ts: new Date(ts).toISOString(),
    data,
  });
}

function publish(channel, key, data, at) {
  const place = topic(channel, key);
  place.seq += 1;
  place.held.push({ seq: place.seq, data, at });
  if (place.held.length > HELD) place.held.shift();
  const text = envelope("delta", place, place.seq, data, at);
  for (const socket of sockets) {
    if (!socket.topics.has(place)) continue;
    if (LOSSY && unlucky() < 0.05) continue;
    socket.send(text);
  }
}

function snapshot(place) {
  if (place.channel === "market") {
    return { intervals, stops: [], now: new Date(now()).toISOString() };
  }
  return { items: recent[place.key].slice(-100) };
}

function known(channel, key) {
  if (channel === "market") return key === market.market_id;
  return channel === "trades" && market.areas.some((each) => each.area_id === key);
}

function pace() {
  return { now: new Date(now()).toISOString(), running: now() < lastOf, speed: SPEED };
}

function hear(socket, message) {
  switch (message.type) {
    case "authenticate":
      socket.admitted = true;
      socket.send(
        envelope("hello", null, null, {
          market_id: market.market_id,
          role: null,
          expires_in: null,
          ...pace(),
          heartbeat_s: 5,
          subscriptions_max: 256,
        }),
      );
      return;
    case "subscribe": {
      if (!known(message.channel, message.key)) {
        socket.send(
          envelope("error", null, null, { code: "NOT_FOUND", detail: "no such channel" }),
        );
        return;
      }
      const place = topic(message.channel, message.key);
      socket.topics.add(place);
      socket.send(envelope("snapshot", place, place.seq, snapshot(place)));
      return;
    }
    case "unsubscribe":
      socket.topics.delete(topic(message.channel, message.key));
      return;
    case "resend": {
      const place = topic(message.channel, message.key);
      const held = place.held.filter(({ seq }) => seq >= message.from && seq <= message.to);
      if (held.length < message.to - message.from + 1) {
        socket.topics.delete(place);
        socket.send(
          envelope("resync_required", place, null, {
            expected: message.from,
            current: place.seq,
            reason: "not_held",
          }),
        );
        return;
      }
      for (const { seq, data, at } of held) socket.send(envelope("resend", place, seq, data, at));
      return;
    }
    case "heartbeat":
      return;
    default:
      socket.close(4003);
  }
}

setInterval(() => {
  for (const socket of sockets) {
    if (!socket.admitted) continue;
    const seqs = Object.fromEntries(
      [...socket.topics].map((p) => [`${p.channel}.${p.key}`, p.seq]),
    );
    socket.send(envelope("heartbeat", null, null, { seqs, ...pace() }));
  }
}, 5_000);

// --- the day ----------------------------------------------------------------

function enter(index, phase, at) {
  intervals[index].phase = phase;
  publish(
    "market",
    market.market_id,
    { event: "phase", start: intervals[index].start, area: null, phase, at: iso(at) },
    at,
  );
}

function finish(index, at) {
  const found = clear(index);
  Object.assign(intervals[index], found.interval);
  curves.set(intervals[index].start, found.curves);
  const { start } = intervals[index];
  publish("market", market.market_id, { event: "cleared", interval: { ...intervals[index] } }, at);
  for (const [area, items] of Object.entries(found.trades)) {
    recent[area].push(...items.map((each) => ({ ...each, start })));
    recent[area].splice(0, recent[area].length - 100);
    publish("trades", area, { event: "trades", start, items }, at);
  }
  enter(index, "delivery_lock", at);
}

function settle(index, at) {
  enter(index, "settled", at);
  publish(
    "market",
    market.market_id,
    { event: "settled", start: intervals[index].start, ledger_sum: "0.00000000" },
    at,
  );
}

function run() {
  while (timers.length > 0 && timers[0].at <= now()) {
    const { at, act } = timers.shift();
    act(at);
  }
}
run();
setInterval(run, 50);

// --- HTTP -------------------------------------------------------------------

const TYPES = { html: "text/html", js: "text/javascript", css: "text/css", svg: "image/svg+xml" };
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

function answer(path, query) {
  const base = `/v1/markets/${market.market_id}`;
  if (path === "/v1/health") return { status: "ok", version: "mock" };
  if (path === "/v1/clock") return { ...pace(), simulated: true };
  if (path === "/v1/markets") return { items: [market], next_cursor: null };
  if (path === base) return market;
  if (path === `${base}/curves`) return curves.get(iso(Date.parse(query.get("start")))) ?? null;
  if (path === `${base}/intervals`) return { items: intervals, next_cursor: null };
  return null;
}

async function page(path) {
  if (process.env.STATIC !== "1" || path.includes("..")) return null;
  const application = /^\/(console|portal)(\/[^.]*)?$/.exec(path)?.[1];
  const file = application ? `${application}.html` : path.slice(1);
  try {
    return { type: TYPES[file.split(".").at(-1)], body: await readFile(new URL(file, CONSOLE)) };
  } catch {
    return null;
  }
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url, "http://localhost");
  if (url.pathname === "/") return response.writeHead(302, { location: "/console/" }).end();
  const data = answer(url.pathname, url.searchParams);
  if (data) {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(data));
    return;
  }
  const found = await page(url.pathname);
  if (found) {
    response.writeHead(200, {
      "content-type": found.type,
      "content-security-policy": CSP,
      "x-content-type-options": "nosniff",
    });
    response.end(found.body);
    return;
  }
  response.writeHead(404, { "content-type": "application/problem+json" });
  response.end(
    JSON.stringify({
      type: "/problems/NOT_FOUND",
      title: "Not found",
      status: 404,
      code: "NOT_FOUND",
    }),
  );
});

const streams = new WebSocketServer({ server, path: `/v1/markets/${market.market_id}/stream` });
streams.on("connection", (socket) => {
  socket.topics = new Set();
  socket.admitted = false;
  sockets.add(socket);
  socket.on("message", (bytes) => hear(socket, JSON.parse(bytes)));
  socket.on("close", () => sockets.delete(socket));
});

server.listen(PORT, "127.0.0.1", () => console.log(`mock on http://127.0.0.1:${PORT}`));

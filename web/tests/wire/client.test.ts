import { afterEach, describe, expect, it, vi } from "vitest";
import { addressOf, callAll, faultsByField, send, type ListPath } from "../../src/wire/client";
import { act, read, RefusedError } from "../../src/wire/desk";

type Reply = { status?: number; body?: unknown; text?: string; headers?: Record<string, string> };
interface Sent {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: unknown;
}

let sent: Sent[] = [];

function answering(...replies: (Reply | Error)[]) {
  sent = [];
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
    sent.push({
      url,
      method: init.method ?? "",
      headers: init.headers as Record<string, string>,
      body: init.body === undefined ? undefined : JSON.parse(init.body as string),
    });
    const reply = replies.shift();
    if (reply === undefined || reply instanceof Error) return Promise.reject(reply);
    const { status = 200, body, text, headers = {} } = reply;
    const content = status === 204 ? null : (text ?? JSON.stringify(body));
    return Promise.resolve(new Response(content, { status, headers }));
  });
}

afterEach(() => void vi.unstubAllGlobals());

const problem = (code: string, status: number) => ({
  status,
  body: { code, detail: "d", trace_id: "t-1", errors: [] },
});

describe("an address", () => {
  it("has its braces filled and what is undefined left out", () => {
    const path = "/v1/markets/{market}/orders/{order_id}";
    expect(
      addressOf(path, { market: "a b", order_id: "x/1" }, { start: "t+1", none: undefined }),
    ).toBe("/v1/markets/a%20b/orders/x%2F1?start=t%2B1");
  });
  it("that lacks an id is a mistake of the program", () => {
    expect(() => addressOf("/v1/markets/{market}", {})).toThrow("no market");
  });
});

describe("a call", () => {
  it("answers a value", async () => {
    answering({ body: { a: 1 } });
    expect(await send("get", "/v1/x")).toMatchObject({ ok: true, value: { a: 1 } });
    expect(sent[0]?.headers).not.toHaveProperty("idempotency-key");
  });

  it("that acts has a name of its own, and a body that no form can send", async () => {
    answering({ body: {} }, { status: 204 });
    await send("post", "/v1/x", { body: { b: 2 } });
    expect(await send("delete", "/v1/x", { idempotencyKey: "k".repeat(16) })).toMatchObject({
      ok: true,
    });
    expect(sent[0]?.headers["idempotency-key"]).toMatch(/^[0-9a-f]{32}$/);
    expect(sent[0]).toMatchObject({ method: "POST", body: { b: 2 } });
    expect(sent[1]?.headers["idempotency-key"]).toBe("k".repeat(16));
  });

  it("that is refused has a code and all faults together", async () => {
    const errors = [
      { pointer: "/energy_kwh", code: "FIELD_FORMAT", detail: "" },
      { pointer: "/energy_kwh", code: "VOLUME_STEP", detail: "" },
      { pointer: "/start", code: "TIMEZONE_REQUIRED", detail: "" },
    ];
    const body = { code: "FIELD_FORMAT", trace_id: "t", errors };
    answering({ status: 422, body, headers: { "retry-after": "7" } });
    const answer = await send("post", "/v1/x");
    if (answer.ok) throw new Error("not refused");
    expect(answer.problem).toMatchObject({
      status: 422,
      code: "FIELD_FORMAT",
      traceId: "t",
      waitS: 7,
    });
    expect(answer.problem.faults).toHaveLength(3);
    const fields = faultsByField(answer.problem);
    expect([...fields].map(([field, { code }]) => [field, code])).toEqual([
      ["/energy_kwh", "FIELD_FORMAT"],
      ["/start", "TIMEZONE_REQUIRED"],
    ]);
  });

  it("refused by something that is not the server has its status for a code", async () => {
    answering({ status: 502, text: "<h1>Bad gateway</h1>" });
    expect(await send("get", "/v1/x")).toMatchObject({
      problem: { code: "HTTP_502", status: 502 },
    });
  });

  it("without an answer is unreachable, or given up", async () => {
    answering(new TypeError("no network"), new DOMException("", "AbortError"));
    expect(await send("get", "/v1/x")).toMatchObject({
      problem: { code: "UNREACHABLE", status: 0 },
    });
    const gone = AbortSignal.abort();
    expect(await send("get", "/v1/x", { signal: gone })).toMatchObject({
      problem: { code: "ABORTED" },
    });
  });
});

const LIST = "/v1/markets";

describe("a list", () => {
  it("is only what the server gives page by page: the compiler refuses the others", () => {
    const paged: ListPath = LIST;
    // @ts-expect-error It answers all at once and would refuse a limit.
    const whole: ListPath = "/v1/markets/{market}/settlement-runs/{run_id}/differences";
    expect(paged).not.toBe(whole);
  });
  it("is read page after page", async () => {
    answering(
      { body: { items: [1, 2], next_cursor: "c" } },
      { body: { items: [3], next_cursor: null } },
    );
    expect(await callAll(LIST, { query: { state: "open" } })).toMatchObject({
      ok: true,
      value: [1, 2, 3],
    });
    expect(sent.map(({ url }) => url)).toEqual([
      "/v1/markets?state=open&limit=1000",
      "/v1/markets?state=open&limit=1000&cursor=c",
    ]);
  });
  it("of which a page is refused is refused", async () => {
    answering({ body: { items: [1], next_cursor: "c" } }, problem("RATE_LIMIT", 429));
    expect(await callAll(LIST)).toMatchObject({ ok: false, problem: { code: "RATE_LIMIT" } });
  });
});

describe("an act", () => {
  const keeper = (shows: boolean) => ({
    ended: vi.fn(),
    leaving: () => null,
    stepUp: vi.fn(async () => shows),
  });
  const key = { idempotencyKey: "same-key-for-both" };

  it("that wants a fresh proof is sent again once it is there, under the same name", async () => {
    answering(problem("STEP_UP_REQUIRED", 403), { body: { done: true } });
    const who = keeper(true);
    expect(await act(who, "post", "/v1/x", key)).toMatchObject({ ok: true, value: { done: true } });
    expect(sent.map(({ headers }) => headers["idempotency-key"])).toEqual([
      "same-key-for-both",
      "same-key-for-both",
    ]);
    expect(who.ended).not.toHaveBeenCalled();
  });

  it("whose person turns away stays refused and is not sent again", async () => {
    answering(problem("STEP_UP_REQUIRED", 403));
    expect(await act(keeper(false), "post", "/v1/x", key)).toMatchObject({
      problem: { code: "STEP_UP_REQUIRED" },
    });
    expect(sent).toHaveLength(1);
  });

  it("without a session says so to its keeper; a wrong password does not end one", async () => {
    answering(problem("SESSION_ENDED", 401), problem("CREDENTIALS_WRONG", 401));
    const who = keeper(true);
    await act(who, "post", "/v1/x", {});
    expect(who.ended).toHaveBeenCalledTimes(1);
    await act(who, "post", "/v1/x", {});
    expect(who.ended).toHaveBeenCalledTimes(1);
  });

  it("and a reading: its refusal is thrown, and the end of a session told", async () => {
    answering(problem("SESSION_ENDED", 401));
    const who = keeper(true);
    await expect(read(who, "/v1/x", {})).rejects.toBeInstanceOf(RefusedError);
    expect(who.ended).toHaveBeenCalledTimes(1);
  });
});

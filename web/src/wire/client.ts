// Calls to the server, typed by its own description of itself (`npm run types`).
//
// The one idea: an answer is a value. A refusal comes with its code and all faults of the request
// together; what a code means in words is the catalogues' business.

import type { Answers } from "./answers";
import type { components, paths } from "./described";

export type Schemas = components["schemas"];
export type Method = "get" | "post" | "put" | "patch" | "delete";

/** The addresses that know a method. */
export type PathOf<M extends Method> = {
  [P in keyof paths]: paths[P] extends Record<M, unknown> ? P : never;
}[keyof paths];

type Operation<M extends Method, P extends PathOf<M>> =
  paths[P] extends Record<M, infer O> ? O : never;

export type Scalar = string | number | boolean | undefined;
/** What stands in braces in the path. */
export type ParamsOf<M extends Method, P extends PathOf<M>> =
  Operation<M, P> extends { parameters: { path: infer X extends object } } ? X : object;
type Loose<Q> = { [K in keyof Q]: Scalar };
export type QueryOf<M extends Method, P extends PathOf<M>> =
  Operation<M, P> extends { parameters: { query?: infer Q } }
    ? [NonNullable<Q>] extends [never]
      ? object
      : Loose<NonNullable<Q>>
    : object;
export type BodyOf<M extends Method, P extends PathOf<M>> =
  Operation<M, P> extends { requestBody: { content: { "application/json": infer B } } }
    ? B
    : undefined;

/** The addresses that answer page by page. */
export type ListPath = {
  [P in PathOf<"get">]: "cursor" extends keyof QueryOf<"get", P> ? P : never;
}[PathOf<"get">];

type Described<M extends Method, P extends PathOf<M>> =
  Operation<M, P> extends {
    responses: { 200: { content: { "application/json": infer A } } };
  }
    ? A
    : Operation<M, P> extends { responses: { 201: { content: { "application/json": infer A } } } }
      ? A
      : unknown;
type Named<M extends Method, P extends string> = `${Uppercase<M>} ${P}`;
/** What an address answers: as the description says, else as `answers.ts` and the screens do. */
export type AnswerOf<M extends Method, P extends PathOf<M>> =
  unknown extends Described<M, P>
    ? Named<M, P> extends keyof Answers
      ? Answers[Named<M, P>]
      : unknown
    : Described<M, P>;

export interface Fault {
  /** JSON pointer into the body (`/energy_kwh`), or `/query/…`, `/header/…`. */
  pointer: string;
  code: string;
  detail: string;
}

export interface Problem {
  /** 0: nothing was answered. */
  status: number;
  code: string;
  detail: string;
  /** Everything that was wrong with the request; empty where the code says it all. */
  faults: Fault[];
  /** To be found again in the server's log. */
  traceId: string | null;
  /** Seconds to wait before the next attempt, where the server said so. */
  waitS: number | null;
}

export type Answer<T> =
  { ok: true; value: T; roundTripMs: number } | { ok: false; problem: Problem };

export interface SendOptions {
  params?: object | undefined;
  query?: object | undefined;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as it is, instead of a body, as what it says it is. */
  file?: Blob | undefined;
  /** The sender's own name of an act that must not be done twice; made anew where there is none. */
  idempotencyKey?: string | undefined;
  signal?: AbortSignal | undefined;
  /** Real ms after which no answer counts as none; for the few acts that take long. */
  patienceMs?: number | undefined;
}

type Only<Key extends string, T> = object extends T ? { [K in Key]?: T } : { [K in Key]: T };
export type Args<M extends Method, P extends PathOf<M>> = Only<"params", ParamsOf<M, P>> &
  Only<"query", QueryOf<M, P>> &
  (BodyOf<M, P> extends undefined ? object : { body: BodyOf<M, P> }) &
  Pick<SendOptions, "idempotencyKey" | "signal">;

/** No answer within this real time counts as none. */
const PATIENCE_MS = 15_000;
/** Nobody waits for a call that its caller has given up. */
export const ABORTED = "ABORTED";
export const UNREACHABLE = "UNREACHABLE";

/** A path with its braces filled and its query, `undefined` left out. */
export function addressOf(path: string, params: object = {}, query: object = {}): string {
  const values = params as Record<string, Scalar>;
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`no ${name} for ${path}`);
    return encodeURIComponent(value);
  });
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query) as [string, Scalar][]) {
    if (value !== undefined) asked.set(name, String(value));
  }
  return asked.size > 0 ? `${filled}?${asked}` : filled;
}

/** A call to an address of the description. */
export function call<M extends Method, P extends PathOf<M>>(
  method: M,
  path: P,
  args: Args<M, P>,
): Promise<Answer<AnswerOf<M, P>>> {
  return send<AnswerOf<M, P>>(method, path, args);
}

/** A call to any address; `T` is the caller's word. */
export async function send<T>(
  method: Method,
  path: string,
  { params, query, body, file, idempotencyKey, signal, patienceMs = PATIENCE_MS }: SendOptions = {},
): Promise<Answer<T>> {
  const begun = performance.now();
  const patience = AbortSignal.timeout(patienceMs);
  const headers: Record<string, string> = { accept: "application/json" };
  if (method !== "get") {
    headers["content-type"] = file?.type ?? "application/json";
    headers["idempotency-key"] = idempotencyKey ?? newKey();
  }
  try {
    const response = await fetch(addressOf(path, params, query), {
      method: method.toUpperCase(),
      headers,
      credentials: "same-origin",
      signal: signal ? AbortSignal.any([signal, patience]) : patience,
      ...(method === "get" ? {} : { body: file ?? JSON.stringify(body ?? {}) }),
    });
    if (!response.ok) return { ok: false, problem: await problemOf(response) };
    const text = await response.text();
    const value = (text === "" ? undefined : JSON.parse(text)) as T;
    return { ok: true, value, roundTripMs: performance.now() - begun };
  } catch {
    return { ok: false, problem: silence(signal?.aborted ? ABORTED : UNREACHABLE) };
  }
}

/** A name for one act: 128 random bits. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const silence = (code: string): Problem => ({
  status: 0,
  code,
  detail: "",
  faults: [],
  traceId: null,
  waitS: null,
});

export async function problemOf(response: Response): Promise<Problem> {
  const waitS = Number(response.headers.get("retry-after") ?? Number.NaN);
  const found: Problem = {
    ...silence(`HTTP_${response.status}`),
    status: response.status,
    waitS: Number.isFinite(waitS) ? waitS : null,
  };
  try {
    const told = (await response.json()) as Partial<Schemas["Problem"]>;
    if (typeof told.code === "string") found.code = told.code;
    if (typeof told.detail === "string") found.detail = told.detail;
    if (typeof told.trace_id === "string") found.traceId = told.trace_id;
    for (const { pointer = "", code = found.code, detail = "" } of told.errors ?? []) {
      found.faults.push({ pointer, code, detail });
    }
  } catch {
    // Not a problem document (a proxy's page, say): the status has to do.
  }
  return found;
}

/** The first fault of each field, by its pointer: what a form shows beside the field. */
export function faultsByField({ faults }: Problem): Map<string, Fault> {
  const found = new Map<string, Fault>();
  for (const fault of faults) if (!found.has(fault.pointer)) found.set(fault.pointer, fault);
  return found;
}

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export type ItemOf<A> = A extends { items: readonly (infer I)[] } ? I : unknown;

/** All of a list, page after page; the first refusal ends it. */
export async function callAll<P extends ListPath>(
  path: P,
  { query, ...rest }: SendOptions = {},
  pageItems = 1_000,
): Promise<Answer<ItemOf<AnswerOf<"get", P>>[]>> {
  type Item = ItemOf<AnswerOf<"get", P>>;
  const items: Item[] = [];
  let cursor: string | undefined;
  let roundTripMs = 0;
  do {
    const answer = await send<Page<Item>>("get", path, {
      ...rest,
      query: { ...query, limit: pageItems, cursor },
    });
    if (!answer.ok) return answer;
    roundTripMs += answer.roundTripMs;
    items.push(...answer.value.items);
    cursor = answer.value.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return { ok: true, value: items, roundTripMs };
}

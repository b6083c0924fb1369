// What every call from a page goes through: which market, and what to do when the session is not enough.

import { createContext, use } from "react";
import {
  ABORTED,
  send,
  silence,
  type Answer,
  type Method,
  type Problem,
  type SendOptions,
} from "./client";

/** A refusal on its way through the cache. */
export class RefusedError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.code);
  }
}

export interface Desk {
  /** The market that is chosen; null: none yet. */
  market: string | null;
  /** Reads; a refusal is thrown, as the cache wants it. */
  read<T>(path: string, options: SendOptions): Promise<T>;
  /** Acts; a refusal is a value. */
  act<T>(method: Method, path: string, options: SendOptions): Promise<Answer<T>>;
}

export interface SessionKeeper {
  /** What is waited for while the person signs out; null: nobody does. */
  leaving(): Promise<unknown> | null;
  /** The session has ended. */
  ended(): void;
  /** Asks the person to show once more who it is; false: it would not. */
  stepUp(): Promise<boolean>;
}

/** A refusal that says the session is no more; a wrong password in an act says less. */
const isOver = ({ status, code }: Problem) => status === 401 && code !== "CREDENTIALS_WRONG";

/** An act, sent again once the person has shown who it is where that is wanted. */
export async function act<T>(
  keeper: SessionKeeper,
  method: Method,
  path: string,
  options: SendOptions,
): Promise<Answer<T>> {
  const answer = await send<T>(method, path, options);
  if (answer.ok) return answer;
  if (answer.problem.code === "STEP_UP_REQUIRED" && (await keeper.stepUp())) {
    return send<T>(method, path, options);
  }
  if (isOver(answer.problem)) keeper.ended();
  return answer;
}

/** A reading; its refusal is thrown. What begins while one signs out waits, and is mostly given up then. */
export async function read<T>(
  keeper: SessionKeeper,
  path: string,
  options: SendOptions,
): Promise<T> {
  const leaving = keeper.leaving();
  if (leaving !== null) {
    await leaving;
    if (options.signal?.aborted) throw new RefusedError(silence(ABORTED));
  }
  const answer = await send<T>("get", path, options);
  if (answer.ok) return answer.value;
  if (isOver(answer.problem)) keeper.ended();
  throw new RefusedError(answer.problem);
}

export const DeskContext = createContext<Desk | null>(null);

export function useDesk(): Desk {
  const desk = use(DeskContext);
  if (desk === null) throw new Error("useDesk outside of an application");
  return desk;
}

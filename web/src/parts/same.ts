// Keeps what has not changed recognisable: most messages change a phase, not a price.

import { useRef } from "react";

/** The earlier value, as long as the new one says the same. For plain data of a day's size. */
export function useSame<T>(value: T): T {
  const text = JSON.stringify(value);
  const kept = useRef({ value, text });
  if (kept.current.text !== text) kept.current = { value, text };
  return kept.current.value;
}

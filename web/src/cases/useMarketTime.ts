// Market time, carried on between two messages of the stream.

import { marketNow } from "../market/time";
import { useClock, useRealTime } from "../shell/live";
import { useRead } from "../wire/queries";

/** Ms since 1970; null: not heard yet. Looks every second. */
export function useMarketTime(): number | null {
  const heard = useClock();
  const real = useRealTime(1_000);
  const asked = useRead("/v1/clock", { when: heard === null });
  if (heard !== null) return marketNow(heard, real, null);
  return asked.value === undefined ? null : Date.parse(asked.value.now);
}

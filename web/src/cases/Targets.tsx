// A case's targets against what has been done.

import { Timeline } from "../parts/frame/Timeline";
import { useSpeech } from "../language/Speak";
import { word } from "../language/words";
import { targets, type Case } from "./cases";

export function Targets({ item, label, nowMs }: { item: Case; label: string; nowMs: number }) {
  const { t, format } = useSpeech();
  const today = format.day(nowMs);
  return (
    <Timeline
      label={label}
      now={nowMs}
      events={targets(item).map(({ target, dueMs, metMs }) => ({
        key: target,
        title: word(t, "case_target", target),
        at: metMs,
        deadline: dueMs,
        // The line says times of day; a target of another day says which.
        ...(format.day(dueMs) === today ? {} : { note: format.day(dueMs) }),
      }))}
    />
  );
}

// How long is left of a target, or for how long it has been missed.

import { remaining } from "../parts/frame/Timeline";
import { State } from "../parts/text/State";
import { Time } from "../parts/text/When";
import { useSpeech } from "../language/Speak";
import { word } from "../language/words";
import { SOON_MS, type Due } from "./cases";
import "./cases.css";

const DAY_MS = 86_400_000;

/** `Answer: 12:04 left`; beyond a day its moment is said instead. */
export function Countdown({ due, nowMs }: { due: Due; nowMs: number | null }) {
  const { t } = useSpeech();
  const name = word(t, "case_target", due.target);
  if (nowMs === null) return <span>{name}</span>;
  const left = due.dueMs - nowMs;
  const late = left < 0;
  return (
    <State
      tone={late ? "bad" : left < SOON_MS ? "warning" : "unknown"}
      icon={late ? "bad" : "waiting"}
    >
      {name}{" "}
      {Math.abs(left) > DAY_MS ? (
        <Time at={due.dueMs} day />
      ) : (
        <b className="case-left">{remaining(left)}</b>
      )}
      {late && ` · ${t("timeline.due")}`}
    </State>
  );
}

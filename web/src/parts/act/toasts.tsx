// Short messages of what has just been done, said to screen readers too.
//
// A good one goes by itself; a bad one stays until it is closed, since nobody may miss it.

import { createContext, use, useCallback, useMemo, useRef, useState, type ReactNode } from "react";
import { useSpeech } from "../../language/Speak";
import { IconButton } from "../Button";
import { State } from "../text/State";
import "./act.css";

export type ToastTone = "good" | "warning" | "bad";

interface Toast {
  id: number;
  tone: ToastTone;
  text: ReactNode;
}

type Say = (text: ReactNode, tone?: ToastTone) => void;

const ToastContext = createContext<Say | null>(null);
const STAYS_MS = 7_000;
/** More would hide the page; the oldest go. */
const MOST = 4;

export function Toasts({ children }: { children: ReactNode }) {
  const { t } = useSpeech();
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const next = useRef(0);
  const drop = useCallback(
    (id: number) => setToasts((before) => before.filter((each) => each.id !== id)),
    [],
  );
  const say = useCallback<Say>(
    (text, tone = "good") => {
      const id = (next.current += 1);
      setToasts((before) => [...before.slice(1 - MOST), { id, tone, text }]);
      if (tone !== "bad") setTimeout(() => drop(id), STAYS_MS);
    },
    [drop],
  );
  return (
    <ToastContext value={say}>
      {children}
      {/* Always there: a live region that comes with its text is not read. */}
      <div className="p-toasts" role="region" aria-label={t("act.messages")}>
        <div role="status" aria-live="polite">
          {toasts.map(({ id, tone, text }) => (
            <div key={id} className={`p-toast p-${tone}`}>
              <State tone={tone}>{text}</State>
              <IconButton icon="close" label={t("act.close")} onPress={() => drop(id)} />
            </div>
          ))}
        </div>
      </div>
    </ToastContext>
  );
}

/** `toast(text)`, `toast(text, "bad")`. */
export function useToast(): Say {
  const say = use(ToastContext);
  return useMemo(() => {
    if (say === null) throw new Error("useToast outside of Parts");
    return say;
  }, [say]);
}

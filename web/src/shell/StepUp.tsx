// Showing once more who one is, before an act that matters.
//
// The one idea: an act that is refused with STEP_UP_REQUIRED waits here for its person; what was typed
// stays where it is, and the act is sent again by whoever sent it.

import {
  Suspense,
  createContext,
  lazy,
  use,
  useCallback,
  useRef,
  useState,
  type ReactNode,
} from "react";
import { useSession, type Session } from "./session";

/** Fetched when it is first asked for: most who look never act. */
const StepUpDialog = lazy(() => import("./StepUpDialog"));

const StepUpContext = createContext<(() => Promise<boolean>) | null>(null);

/** Asks the person; true: it has shown who it is. Several acts at once share one question. */
export function useStepUp(): () => Promise<boolean> {
  const ask = use(StepUpContext);
  if (ask === null) throw new Error("useStepUp outside of an application");
  return ask;
}

export function StepUpProvider({ children }: { children: ReactNode }) {
  const { enter } = useSession();
  const [asked, setAsked] = useState(false);
  const pending = useRef<{ promise: Promise<boolean>; resolve(shown: boolean): void } | null>(null);
  const ask = useCallback(() => {
    if (pending.current !== null) return pending.current.promise;
    let resolve: (shown: boolean) => void = () => {};
    const promise = new Promise<boolean>((settle) => (resolve = settle));
    pending.current = { promise, resolve };
    setAsked(true);
    return promise;
  }, []);
  const answer = useCallback(
    (session: Session | null) => {
      if (session) enter(session);
      setAsked(false);
      pending.current?.resolve(session !== null);
      pending.current = null;
    },
    [enter],
  );
  return (
    <StepUpContext value={ask}>
      {children}
      {asked && (
        <Suspense>
          <StepUpDialog answer={answer} />
        </Suspense>
      )}
    </StepUpContext>
  );
}

// What stands where there is nothing to show: it comes, there is none, it failed, it is not yours to
// see, it is no longer true.

import { createContext, use, type ReactNode } from "react";
import { useSpeech } from "../../language/Speak";
import { word } from "../../language/words";
import { Button } from "../Button";
import { Icon } from "../icons";
import { Time } from "../text/When";
import "./states.css";

type Shape = "text" | "table" | "chart" | "tiles";

/** Grey shapes of what will stand here; the word is for those who cannot see them. */
export function Loading({ shape = "text", rows = 5 }: { shape?: Shape; rows?: number }) {
  const { t } = useSpeech();
  return (
    <div className={`p-loading p-loading-${shape}`} role="status">
      <span className="unseen">{t("nothing.loading")}</span>
      {Array.from({ length: shape === "chart" ? 1 : rows }, (_, index) => (
        <span key={index} className="p-bone" aria-hidden="true" />
      ))}
    </div>
  );
}

interface EmptyProps {
  /** What is here when there is something. */
  children: ReactNode;
  title?: ReactNode;
  /** What to do, as a button or a link. */
  action?: ReactNode;
}

export function Empty({ title, children, action }: EmptyProps) {
  const { t } = useSpeech();
  return (
    <Notice icon="level" title={title ?? t("nothing.empty")} action={action}>
      {children}
    </Notice>
  );
}

interface FailedProps {
  /** Code of the refusal, of the list of refusals. */
  code: string;
  /** To be found again in the server's log. */
  traceId?: string | null | undefined;
  onAgain?: (() => void) | undefined;
  /** What to do, where more is known than to try again. */
  children?: ReactNode;
}

export function Failed({ code, traceId, onAgain, children }: FailedProps) {
  const { t } = useSpeech();
  return (
    <div role="alert">
      <Notice
        icon="bad"
        tone="bad"
        title={t("nothing.failed")}
        action={
          onAgain && (
            <Button icon="again" onPress={onAgain}>
              {t("nothing.again")}
            </Button>
          )
        }
      >
        {word(t, "refusal", code)} {children ?? t("nothing.what_to_do")}
        <span className="p-notice-code">
          {t("nothing.code", { code })}
          {traceId && ` · ${t("nothing.trace", { id: traceId })}`}
        </span>
      </Notice>
    </div>
  );
}

/** Somebody else may see it. `children`: who, or how one comes to it. */
export function Forbidden({ children }: { children?: ReactNode }) {
  const { t } = useSpeech();
  return (
    <Notice icon="locked" title={t("nothing.forbidden")}>
      {children ?? t("nothing.forbidden_text")}
    </Notice>
  );
}

interface StaleProps {
  stale: boolean;
  /** When it was last true. */
  since?: string | number | null;
  children: ReactNode;
}

/** Whether the first connection is still on its way: nobody need be warned of that. */
export const Connecting = createContext(false);

/** Keeps what was heard last in sight, but pale, and says that it is not live. */
export function Stale({ stale, since = null, children }: StaleProps) {
  const { t } = useSpeech();
  const connecting = use(Connecting);
  return (
    <div className="p-stale" data-stale={(stale && !connecting) || undefined}>
      <div className="p-stale-content">{children}</div>
      {stale && connecting && (
        <p className="p-stale-word p-stale-soon" role="status">
          {t("nothing.connecting")}
        </p>
      )}
      {stale && !connecting && (
        <p className="p-stale-word" role="status">
          <Icon name="waiting" size={14} /> {t("nothing.stale")}{" "}
          {since !== null && (
            <>
              {t("nothing.stale_since")} <Time at={since} seconds />
            </>
          )}
        </p>
      )}
    </div>
  );
}

interface NoticeProps {
  icon: Parameters<typeof Icon>[0]["name"];
  tone?: "bad" | "unknown";
  title: ReactNode;
  children: ReactNode;
  action?: ReactNode;
}

function Notice({ icon, tone = "unknown", title, children, action }: NoticeProps) {
  return (
    <div className={`p-notice p-${tone}`}>
      <span className="p-notice-mark">
        <Icon name={icon} size={22} />
      </span>
      <p className="p-notice-title">{title}</p>
      <p className="p-notice-text">{children}</p>
      {action}
    </div>
  );
}

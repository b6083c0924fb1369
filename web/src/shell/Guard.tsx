// What stands before a screen: no market yet, no session yet, not for this role, or a fault in it.

import { Component, type ReactNode } from "react";
import { Link, Navigate, useLocation } from "react-router";
import { useSpeech } from "../language/Speak";
import { word } from "../language/words";
import { useMarkets } from "./markets";
import { permission, type Screen } from "./screens";
import { useSession } from "./session";

interface NoticeProps {
  title: string;
  children?: ReactNode;
  role?: "status" | "alert";
}

export function Notice({ title, children, role = "status" }: NoticeProps) {
  return (
    <div className="notice" role={role}>
      <h1>{title}</h1>
      {children}
    </div>
  );
}

export function Guard({ screen, children }: { screen: Screen; children: ReactNode }) {
  const { t } = useSpeech();
  const { standing, session, problem } = useSession();
  const { choice } = useMarkets();
  const { pathname, search } = useLocation();
  if (screen.roles !== "public" && standing === "asking") {
    return <Notice title={t("guard.asking")} />;
  }
  if (screen.roles !== "public" && standing === "unreachable") {
    return (
      <Notice role="alert" title={t("guard.unreachable")}>
        {problem && <p>{word(t, "refusal", problem.code)}</p>}
      </Notice>
    );
  }
  switch (permission(screen, session)) {
    case "sign-in":
      return <Navigate replace to={`/sign-in?${new URLSearchParams({ to: pathname + search })}`} />;
    case "no":
      return <NotPermitted />;
    case "yes":
  }
  switch (choice.state) {
    case "asking":
      return <Notice title={t("app.loading")} />;
    case "none":
      return <Notice title={t("app.no_market")} />;
    case "unreachable":
      return (
        <Notice
          role="alert"
          title={t("app.unreachable", { code: choice.problem?.code ?? "UNREACHABLE" })}
        />
      );
    case "chosen":
      return children;
  }
}

export function NotPermitted() {
  const { t } = useSpeech();
  const { session } = useSession();
  return (
    <Notice title={t("guard.not_permitted")}>
      <p>
        {t("guard.not_permitted_text", {
          name: session?.name ?? "–",
          role: t(`role.${session?.role ?? "participant"}`),
        })}
      </p>
      <p>
        <Link to="/">{t("guard.to_start")}</Link>
      </p>
    </Notice>
  );
}

export function NotFound() {
  const { t } = useSpeech();
  return (
    <Notice title={t("guard.not_found")}>
      <p>
        <Link to="/">{t("guard.to_start")}</Link>
      </p>
    </Notice>
  );
}

interface BoundaryProps {
  /** What is shown instead, with a way to try again. */
  fallback: (again: () => void, error: unknown) => ReactNode;
  children: ReactNode;
}

/** Catches what a screen throws while it is drawn, so that the frame stays. */
export class Boundary extends Component<BoundaryProps, { error: unknown }> {
  override state = { error: null as unknown };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    if (this.state.error === null) return this.props.children;
    return this.props.fallback(() => this.setState({ error: null }), this.state.error);
  }
}

/** A screen that failed: said in words, with what a developer wants to know behind a fold. */
export function Broken({ again, error }: { again(): void; error: unknown }) {
  const { t } = useSpeech();
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return (
    <Notice role="alert" title={t("guard.broken")}>
      <p>{t("guard.broken_text")}</p>
      <p className="notice-acts">
        <button type="button" onClick={again}>
          {t("guard.again")}
        </button>
        <button type="button" onClick={() => location.reload()}>
          {t("guard.reload")}
        </button>
      </p>
      <details>
        <summary>{t("guard.details")}</summary>
        <code>{text}</code>
      </details>
    </Notice>
  );
}

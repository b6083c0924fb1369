// The frame of every page: header, navigation, the screen, and what is said over everything.

import { useEffect, useRef, useState, type ReactNode } from "react";
import { NavLink, useLocation } from "react-router";
import { useSpeech } from "../language/Speak";
import type { TextKey } from "../language/texts";
import { ConnectionState, MarketChoice, MarketClock, Settings, StaleBanner } from "./Header";
import { useMarkets } from "./markets";
import { shown, type Group, type Screen } from "./screens";
import { useSession } from "./session";

interface Props {
  /** Name of the application, a key of the catalogue. */
  name: TextKey;
  groups: readonly Group[];
  screens: readonly Screen[];
  /** Whether the stream runs: its state and the market's clock are shown. */
  streaming: boolean;
  children: ReactNode;
}

export function Frame({ name, groups, screens, streaming, children }: Props) {
  const { t } = useSpeech();
  const { session } = useSession();
  const [open, setOpen] = useState(false);
  const { pathname } = useLocation();
  const main = useRef<HTMLElement>(null);
  const visible = shown(screens, session);
  // A way round the page is of use only where there is more than one place to go.
  const wayfinding = visible.length > 1;
  useTitle(name, screens);
  useArrival(main, pathname);
  useEffect(() => setOpen(false), [pathname]);
  useEffect(() => {
    const close = (event: KeyboardEvent) => event.key === "Escape" && setOpen(false);
    addEventListener("keydown", close);
    return () => removeEventListener("keydown", close);
  }, []);
  return (
    <div className="app">
      <a className="skip" href="#main" onClick={(event) => skip(event, main.current)}>
        {t("app.skip")}
      </a>
      <header className="top">
        {wayfinding && (
          <button
            type="button"
            className="menu-button"
            aria-expanded={open}
            aria-controls="navigation"
            onClick={() => setOpen(!open)}
          >
            <span aria-hidden="true">☰</span> {t("nav.menu")}
          </button>
        )}
        <div className="brand">
          <img src="/favicon.svg" width="22" height="22" alt="" />
          <span className="brand-name">
            {t("app.title")} <span className="page-name">{t(name)}</span>
          </span>
        </div>
        <MarketChoice />
        {streaming && <MarketClock />}
        {streaming && <ConnectionState />}
        <Settings />
      </header>
      <div className="app-body">
        {wayfinding && <Navigation groups={groups} screens={visible} {...{ open, streaming }} />}
        <main id="main" ref={main} className="app-main" tabIndex={-1}>
          {streaming && <StaleBanner />}
          {children}
        </main>
      </div>
    </div>
  );
}

interface NavigationProps {
  groups: readonly Group[];
  screens: readonly Screen[];
  open: boolean;
  streaming: boolean;
}

function Navigation({ groups, screens, open, streaming }: NavigationProps) {
  const { t } = useSpeech();
  const { search } = useLocation();
  const market = new URLSearchParams(search).get("market");
  const kept = market === null ? "" : `?${new URLSearchParams({ market })}`;
  return (
    <nav id="navigation" className="navigation" data-open={open} aria-label={t("nav.label")}>
      {groups.map((group) => {
        const inside = screens.filter(({ id }) => group.screens.includes(id));
        if (inside.length === 0) return null;
        return (
          <section key={group.id} aria-labelledby={`group-${group.id}`}>
            <h2 id={`group-${group.id}`}>{t(`nav_group.${group.id}` as TextKey)}</h2>
            <ul>
              {inside.map(({ id, useWaiting }) => (
                <li key={id}>
                  <NavLink to={{ pathname: `/${id}`, search: kept }}>
                    {t(`nav.${id}` as TextKey)}
                    {streaming && useWaiting && <Waiting useWaiting={useWaiting} />}
                  </NavLink>
                </li>
              ))}
            </ul>
          </section>
        );
      })}
    </nav>
  );
}

/** How much waits behind a door; nothing is not worth a word. */
function Waiting({ useWaiting }: { useWaiting(): number }) {
  const { t, format } = useSpeech();
  const count = useWaiting();
  if (count === 0) return null;
  return (
    <span className="nav-waiting">
      <span aria-hidden="true">{format.whole(count)}</span>
      <span className="unseen"> {t("nav.waiting", { count: format.whole(count) })}</span>
    </span>
  );
}

function skip(event: { preventDefault(): void }, main: HTMLElement | null) {
  event.preventDefault();
  main?.focus();
}

/** The screen's name, the market's and the application's, for tabs and histories. */
function useTitle(name: TextKey, screens: readonly Screen[]) {
  const { t } = useSpeech();
  const { pathname } = useLocation();
  const { choice } = useMarkets();
  const id = pathname.split("/")[1] ?? "";
  const screen = screens.some((each) => each.id === id) ? t(`nav.${id}` as TextKey) : t(name);
  const market = choice.state === "chosen" ? choice.market.name : null;
  useEffect(() => {
    document.title = [screen, market, "wattmarket"].filter(Boolean).join(" · ");
  }, [screen, market]);
}

/** After a change of screen the reading begins at its top, for eyes and for screen readers. */
function useArrival(main: { current: HTMLElement | null }, pathname: string) {
  const screen = pathname.split("/")[1];
  const before = useRef(screen);
  useEffect(() => {
    if (before.current === screen) return;
    before.current = screen;
    main.current?.focus({ preventScroll: true });
    main.current?.scrollTo?.({ top: 0 });
  }, [main, screen]);
}

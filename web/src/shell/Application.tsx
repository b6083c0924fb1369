// One application: what its pages stand on, its frame, and its routes.
//
// The one idea: console and portal differ in name, base path and screens, in nothing else.

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense, useEffect, useMemo, type ReactNode } from "react";
import {
  createBrowserRouter,
  Navigate,
  Outlet,
  RouterProvider,
  useLocation,
  type RouteObject,
} from "react-router";
import { LANGUAGES } from "../language/language";
import { Speak, useSpeech } from "../language/Speak";
import { hasTexts, loadTexts, type TextKey } from "../language/texts";
import { Parts } from "../parts/Parts";
import { act, DeskContext, read, RefusedError, type Desk } from "../wire/desk";
import { AppearanceProvider } from "./appearance";
import { Enrol } from "./Enrol";
import { Frame } from "./Frame";
import { Boundary, Broken, Guard, NotFound, NotPermitted, Notice } from "./Guard";
import { LiveProvider } from "./live";
import { MarketsProvider, useMarkets } from "./markets";
import { shown, type Group, type Screen } from "./screens";
import { SessionProvider, useSession } from "./session";
import { SignIn } from "./SignIn";
import { StepUpProvider, useStepUp } from "./StepUp";

export interface ApplicationProps {
  /** `/console` or `/portal`. */
  base: string;
  name: TextKey;
  groups: readonly Group[];
  screens: readonly Screen[];
}

/** Only what may succeed the next time is asked again. */
const worthRepeating = (count: number, error: unknown) =>
  count < 3 && error instanceof RefusedError && [0, 502, 503, 504].includes(error.problem.status);

export function makeCache(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { staleTime: 10_000, retry: worthRepeating, refetchOnWindowFocus: false },
    },
  });
}

export function Application(props: ApplicationProps) {
  const cache = useMemo(makeCache, []);
  const router = useMemo(() => createBrowserRouter(routes(props), { basename: props.base }), []);
  return (
    <QueryClientProvider client={cache}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  );
}

export function routes({ name, groups, screens }: ApplicationProps): RouteObject[] {
  return [
    {
      element: (
        <Foundation>
          <Shell name={name} groups={groups} screens={screens} />
        </Foundation>
      ),
      children: [
        { index: true, element: <Start screens={screens} /> },
        ...screens.map((screen) => ({
          path: `${screen.id}/*`,
          element: <Place screen={screen} />,
        })),
        { path: "sign-in", element: <SignIn /> },
        { path: "enrol", element: <Enrol /> },
        { path: "*", element: <NotFound /> },
      ],
    },
  ];
}

/** Session, market, language, appearance: in this order, since each stands on the one before. */
function Foundation({ children }: { children: ReactNode }) {
  return (
    <SessionProvider>
      <MarketsProvider>
        <InZone>
          <AppearanceProvider>
            <PersonsLanguage />
            <Parts>
              <StepUpProvider>
                <AtDesk>{children}</AtDesk>
              </StepUpProvider>
            </Parts>
          </AppearanceProvider>
        </InZone>
      </MarketsProvider>
    </SessionProvider>
  );
}

function InZone({ children }: { children: ReactNode }) {
  const { choice } = useMarkets();
  return (
    <Suspense fallback={null}>
      <Speak zone={choice.state === "chosen" ? choice.market.time_zone : undefined}>
        {children}
      </Speak>
    </Suspense>
  );
}

/** Who signs in is spoken to in the language that the server knows of the person. */
function PersonsLanguage() {
  const { setLanguage } = useSpeech();
  const { session } = useSession();
  const person = session?.person_id;
  const wanted = LANGUAGES.find((each) => each === session?.language);
  useEffect(() => {
    if (wanted) setLanguage(wanted);
    // Of a session that begins alone: what is chosen afterwards stays, whatever an older answer says.
  }, [person]);
  return null;
}

function AtDesk({ children }: { children: ReactNode }) {
  const { ended, leaving } = useSession();
  const { choice } = useMarkets();
  const stepUp = useStepUp();
  const market = choice.state === "chosen" ? choice.market.market_id : null;
  const desk = useMemo<Desk>(() => {
    const keeper = { ended, leaving, stepUp };
    return {
      market,
      read: (path, options) => read(keeper, path, options),
      act: (method, path, options) => act(keeper, method, path, options),
    };
  }, [market, ended, leaving, stepUp]);
  return <DeskContext value={desk}>{children}</DeskContext>;
}

// The same tree with and without a market: what somebody types while the market is still being asked for
// must not be lost when it comes.
function Shell({ name, groups, screens }: Omit<ApplicationProps, "base">) {
  const { choice } = useMarkets();
  const market = choice.state === "chosen" ? choice.market.market_id : null;
  return (
    <LiveProvider market={market}>
      <Frame name={name} groups={groups} screens={screens} streaming={market !== null}>
        <Outlet />
      </Frame>
    </LiveProvider>
  );
}

function Place({ screen }: { screen: Screen }) {
  const { t, language } = useSpeech();
  const { choice } = useMarkets();
  const Page = useMemo(() => lazy(screen.load), [screen]);
  const market = choice.state === "chosen" ? choice.market.market_id : "";
  // Beside the screen's code rather than after it.
  if (!hasTexts(language, [screen.texts])) void loadTexts(language, [screen.texts]).catch(() => {});
  return (
    <Guard screen={screen}>
      <Boundary
        key={`${screen.id} ${market}`}
        fallback={(again, error) => <Broken again={again} error={error} />}
      >
        <Suspense fallback={<Notice title={t("guard.loading")} />}>
          <Page />
        </Suspense>
      </Boundary>
    </Guard>
  );
}

/** The first screen this person may see. */
function Start({ screens }: { screens: readonly Screen[] }) {
  const { t } = useSpeech();
  const { standing, session } = useSession();
  const { search } = useLocation();
  const first = shown(screens, session)[0];
  if (first) return <Navigate replace to={{ pathname: `/${first.id}`, search }} />;
  if (standing === "asking") return <Notice title={t("guard.asking")} />;
  if (standing === "in") return <NotPermitted />;
  return <Navigate replace to="/sign-in" />;
}

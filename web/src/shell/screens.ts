// Screens of an application: what its navigation shows and its router loads.
//
// The one idea: a screen is a folder with a `screen.ts`, found by the build. Whether a person sees it is
// its own word; where it stands in the navigation is the application's.

import type { ComponentType } from "react";
import type { Role, Session } from "./session";

export interface Screen {
  /** The folder's name, the path, and `nav.<id>` its name in the navigation. */
  id: string;
  /** Who may see it; "public": also who is not signed in. */
  roles: "public" | readonly Role[];
  /** The namespace of its texts, which is fetched beside it. */
  texts: string;
  /** How much waits for the person there: a hook, shown beside the name in the navigation. */
  useWaiting?(): number;
  load(): Promise<{ default: ComponentType }>;
}

export interface Group<Id extends string = string> {
  id: string;
  /** In the order of the navigation. */
  screens: readonly Id[];
}

/** Modules as `import.meta.glob` finds them, as a registry in the order of the groups. */
export function registry(
  groups: readonly Group[],
  modules: Record<string, Screen>,
): readonly Screen[] {
  const found = new Map(Object.values(modules).map((screen) => [screen.id, screen]));
  const ordered = groups.flatMap(({ screens }) => screens.flatMap((id) => found.get(id) ?? []));
  if (ordered.length !== found.size) {
    const known = new Set(ordered.map(({ id }) => id));
    const stray = [...found.keys()].filter((id) => !known.has(id));
    throw new Error(`no place in the navigation: ${stray.join(", ")}`);
  }
  return ordered;
}

export type Permission = "yes" | "sign-in" | "no";

/** Whether the person may see a screen. What it may read and do the server decides. */
export function permission({ roles }: Pick<Screen, "roles">, session: Session | null): Permission {
  if (roles === "public") return "yes";
  if (session === null) return "sign-in";
  return roles.includes(session.role) ? "yes" : "no";
}

/** What the navigation shows: nobody is shown a door that will not open. */
export function shown(screens: readonly Screen[], session: Session | null): readonly Screen[] {
  return screens.filter((screen) => permission(screen, session) === "yes");
}

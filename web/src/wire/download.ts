// Fetching a file as the server makes it: what an address answers depends on what is asked for.

import { problemOf, silence, UNREACHABLE, type Problem } from "./client";

/** Saves what an address answers in a format; a refusal comes as everywhere. */
export async function download(
  address: string,
  accept: string,
  name: string,
): Promise<{ ok: true } | { ok: false; problem: Problem }> {
  let response: Response;
  try {
    response = await fetch(address, { headers: { accept }, credentials: "same-origin" });
    if (!response.ok) return { ok: false, problem: await problemOf(response) };
    save(await response.blob(), name);
    return { ok: true };
  } catch {
    return { ok: false, problem: silence(UNREACHABLE) };
  }
}

function save(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // Some browsers read the file only after the click.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

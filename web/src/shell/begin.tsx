// Begins an application in the page.

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { firstLanguage } from "../language/language";
import { BASE, loadTexts } from "../language/texts";
import { Application, type ApplicationProps } from "./Application";

export function begin(props: ApplicationProps): void {
  const root = document.getElementById("app");
  if (root === null) throw new Error("no #app in the page");
  // Asked for at once, before anything is drawn that needs them.
  void loadTexts(firstLanguage(localStorage, navigator.languages), BASE);
  createRoot(root).render(
    <StrictMode>
      <Application {...props} />
    </StrictMode>,
  );
}

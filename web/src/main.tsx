// The console's entry.

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./page/App";
import "./style/page.css";

const root = document.getElementById("console");
if (root === null) throw new Error("no #console in the page");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);

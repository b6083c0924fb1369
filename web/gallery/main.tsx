// All parts on one page, for those who work on them: `npm run dev`, then /gallery.html. Not built.
//
// ?theme=dark&lang=zh-CN&rise=red&part=Table choose what is looked at.

import { StrictMode, Suspense, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { Speak } from "../src/language/Speak";
import { BASE, loadTexts } from "../src/language/texts";
import { Parts } from "../src/parts/Parts";
import "../src/style/page.css";
import { Acts } from "./acts";
import { Charts } from "./charts";
import { Forms } from "./forms";
import { Frames } from "./frames";
import { Tables } from "./tables";
import { Texts } from "./texts";
import "./gallery.css";

const wanted = new URLSearchParams(location.search);
const root = document.documentElement;
root.dataset.theme = wanted.get("theme") ?? "light";
root.dataset.rise = wanted.get("rise") ?? "green";
const language = wanted.get("lang") === "zh-CN" ? "zh-CN" : "en";
localStorage.setItem("wattmarket.language", language);
await loadTexts(language, BASE);

const SHOWN: Record<string, () => ReactNode> = {
  Texts: () => <Texts />,
  Frames: () => <Frames />,
  Table: () => <Tables />,
  Charts: () => <Charts />,
  Forms: () => <Forms />,
  Acting: () => <Acts />,
};

function Gallery() {
  const part = wanted.get("part");
  return (
    <main className="gallery">
      <h1>Parts</h1>
      {Object.entries(SHOWN)
        .filter(([name]) => part === null || part === name)
        .map(([name, show]) => (
          <section key={name} aria-label={name} className="gallery-part">
            {show()}
          </section>
        ))}
    </main>
  );
}

const box = document.getElementById("gallery");
if (box === null) throw new Error("no #gallery in the page");
createRoot(box).render(
  <StrictMode>
    <Suspense>
      <Speak zone="Europe/Rome">
        <Parts>
          <Gallery />
        </Parts>
      </Speak>
    </Suspense>
  </StrictMode>,
);

// Measures what the first page of each application loads, compressed, and fails above its bound.
//
//   npm run build && npm run sizes
//
// Counted is what a browser fetches before the page is there: the page itself, the entry with all it
// imports, style, the screen with all it imports, and the larger of the two languages' texts.

import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUILT = new URL("../../api/console/", import.meta.url);
const MANIFEST = JSON.parse(readFileSync(new URL("manifest.json", BUILT), "utf8"));
const BASE = ["common", "parts", "shell", "words"];
const PAGES = [
  { application: "console", screen: "situation", texts: "situation", bound_kb: 450 },
  { application: "portal", screen: "home", texts: "home", bound_kb: 250 },
];

const gzipped = new Map();
function weigh(file) {
  if (!gzipped.has(file)) gzipped.set(file, gzipSync(readFileSync(new URL(file, BUILT))).length);
  return gzipped.get(file);
}

/** The files of a module and of what it imports, without what it may import later. */
function files(name, found = new Set()) {
  const chunk = MANIFEST[name];
  if (chunk === undefined || found.has(chunk.file)) return found;
  found.add(chunk.file);
  for (const each of chunk.css ?? []) found.add(each);
  for (const each of chunk.imports ?? []) files(each, found);
  return found;
}

const sum = (names) => [...names].reduce((total, each) => total + weigh(each), 0);

/** The module that a screen's descriptor loads. */
function screenModule(application, screen) {
  const folder = `src/${application}/screens/${screen}/`;
  return Object.keys(MANIFEST).find(
    (each) => each.startsWith(folder) && MANIFEST[each].isDynamicEntry,
  );
}

function textsBytes(language, namespace) {
  const chunk = MANIFEST[`src/locales/${language}/${namespace}.json`];
  return chunk === undefined ? 0 : weigh(chunk.file);
}

let over = false;
for (const { application, screen, texts, bound_kb } of PAGES) {
  const found = files(`${application}.html`);
  const module = screenModule(application, screen);
  if (module !== undefined) files(module, found);
  const spoken = ["en", "zh-CN"].map((language) =>
    [...BASE, texts].reduce((total, each) => total + textsBytes(language, each), 0),
  );
  const bytes = weigh(`${application}.html`) + sum(found) + Math.max(...spoken);
  const kb = bytes / 1000;
  over ||= kb > bound_kb;
  const what = module === undefined ? "frame alone" : screen;
  const verdict = kb > bound_kb ? "TOO LARGE" : "good";
  console.log(`${application} (${what}): ${kb.toFixed(1)} kB of ${bound_kb} kB, ${verdict}`);
}
process.exit(over ? 1 : 0);

import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

// While developing, pages come from here and the wire from a running server (or `npm run mock`).
const server = process.env.WATTMARKET_SERVER ?? "http://127.0.0.1:8000";

const page = (name: string) => fileURLToPath(new URL(`${name}.html`, import.meta.url));

/** Every address under an application's prefix is its page, as the server does it. */
const addresses: Plugin = {
  name: "addresses",
  configureServer({ middlewares }) {
    middlewares.use((request, response, next) => {
      const path = (request.url ?? "/").split("?")[0] ?? "/";
      const found = /^\/(console|portal)(\/[^.]*)?$/.exec(path);
      if (path === "/") response.writeHead(302, { location: "/console/" }).end();
      else {
        if (found) request.url = `/${found[1]}.html`;
        next();
      }
    });
  },
};

export default defineConfig({
  plugins: [react(), addresses],
  appType: "mpa",
  // Chromium, Firefox and Safari of the last three years or so.
  build: {
    outDir: fileURLToPath(new URL("../api/console", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
    // Nothing is inlined as data: the content security policy of the server stays plain.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: { console: page("console"), portal: page("portal") } },
    manifest: "manifest.json",
  },
  server: {
    host: "127.0.0.1",
    proxy: { "/v1": { target: server, ws: true } },
  },
  test: {
    include: ["tests/**/*.test.{ts,tsx}"],
    environment: "node",
    // Two cores are plenty here, and the machine may be shared.
    maxWorkers: 2,
    // A guard against a hang, not a measurement.
    testTimeout: 60_000,
  },
});

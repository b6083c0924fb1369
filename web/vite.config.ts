import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// While developing, pages come from here and the wire from a running server (or `npm run mock`).
const server = process.env.WATTMARKET_SERVER ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react()],
  // Chromium, Firefox and Safari of the last three years or so.
  build: {
    outDir: fileURLToPath(new URL("../api/console", import.meta.url)),
    emptyOutDir: true,
    target: "es2022",
    // Nothing is inlined as data: the content security policy of the server stays plain.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
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

// Builds the page of all parts as the applications are built, for who measures it:
//
//   node tools/gallery.mjs FOLDER

import { fileURLToPath } from "node:url";
import { build } from "vite";

const [, , folder] = process.argv;
if (folder === undefined) throw new Error("node tools/gallery.mjs FOLDER");
await build({
  root: fileURLToPath(new URL("..", import.meta.url)),
  logLevel: "warn",
  build: {
    outDir: folder,
    emptyOutDir: true,
    rollupOptions: { input: fileURLToPath(new URL("../gallery.html", import.meta.url)) },
  },
});

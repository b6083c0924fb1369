// Writes src/wire/described.d.ts: the types of the wire, from the server's own description.
//
//   npm run types
//
// The description is asked of the server's code, not of a running server; PYTHON names the interpreter
// that can import it, else the project's own environment is taken.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const TARGET = fileURLToPath(new URL("../../src/wire/described.d.ts", import.meta.url));
const PYTHON = process.env.PYTHON ?? `${ROOT}.venv/bin/python`;
const TELL = `
import sys
from api.app import ADDRESSES
from api.description import description_json
sys.stdout.buffer.write(description_json(ADDRESSES))
`;

const text = execFileSync(PYTHON, ["-c", TELL], {
  cwd: ROOT,
  env: { ...process.env, PYTHONPATH: ROOT },
  encoding: "utf8",
  maxBuffer: 64 * 1024 * 1024,
});
const types = astToString(
  await openapiTS(JSON.parse(text), { alphabetize: true, defaultNonNullable: false }),
);
const made = `// Made by tools/openapi/types.mjs from the server's description of itself.\n\n${types}`;
// Unchanged stays untouched, so that nothing is built again for it.
if (!existsSync(TARGET) || readFileSync(TARGET, "utf8") !== made) writeFileSync(TARGET, made);

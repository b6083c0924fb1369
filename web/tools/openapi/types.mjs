// Writes src/wire/described.d.ts and src/wire/told.d.ts: the types of what addresses answer and of what the
// stream tells, from the server's own descriptions.
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
const PYTHON = process.env.PYTHON ?? `${ROOT}.venv/bin/python`;
const TELL = `
import sys
from api.app import ADDRESSES
from api.description import description_json
from api.shapes.asyncapi import asyncapi_json
sys.stdout.buffer.write(b"[" + description_json(ADDRESSES) + b"," + asyncapi_json() + b"]")
`;

const text = execFileSync(PYTHON, ["-c", TELL], {
  cwd: ROOT,
  env: { ...process.env, PYTHONPATH: ROOT },
  encoding: "utf8",
  maxBuffer: 64 * 1024 * 1024,
});
const [addresses, stream] = JSON.parse(text);
await write("described", addresses);
await write("told", asAddresses(stream));

/** The stream in the words the generator knows: a schema for each message, and `Message` for all of them. */
function asAddresses({ info: { title, version }, components: { messages, schemas } }) {
  const told = Object.entries(messages).filter(([name]) => !name.startsWith("client."));
  const oneOf = told.map(([name]) => ({ $ref: `#/components/schemas/${name}` }));
  const payloads = Object.fromEntries(told.map(([name, { payload }]) => [name, payload]));
  return {
    openapi: "3.1.0",
    info: { title, version },
    paths: {},
    components: { schemas: { ...schemas, ...payloads, Message: { oneOf } } },
  };
}

async function write(name, description) {
  const target = fileURLToPath(new URL(`../../src/wire/${name}.d.ts`, import.meta.url));
  const types = astToString(
    await openapiTS(description, { alphabetize: true, defaultNonNullable: false }),
  );
  const made = `// Made by tools/openapi/types.mjs from the server's description of itself.\n\n${types}`;
  // Unchanged stays untouched, so that nothing is built again for it.
  if (!existsSync(target) || readFileSync(target, "utf8") !== made) writeFileSync(target, made);
}

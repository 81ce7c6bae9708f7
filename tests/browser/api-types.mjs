// The types of what the service answers, written from its own OpenAPI document into `api.d.ts`: what the pages read of an
// answer is checked against what the service says that it sends.

import { writeFileSync } from "node:fs";
import { serve } from "./server.mjs";

const LITERALS = { integer: "number", number: "number", string: "string", boolean: "boolean", null: "null" };

/** A schema as a type. What the document does not describe is `any`. */
function type(schema) {
  if (schema === undefined || Object.keys(schema).length === 0) return "any";
  if (schema.$ref) return schema.$ref.split("/").at(-1);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  const parts = [];
  if (schema.properties) parts.push(object(schema));
  if (schema.allOf) parts.push(schema.allOf.map((part) => `(${type(part)})`).join(" & "));
  for (const either of [schema.oneOf, schema.anyOf]) if (either) parts.push(`(${either.map(type).join(" | ")})`);
  if (parts.length) return parts.join(" & ");
  return [schema.type ?? []].flat().map((name) => plain(name, schema)).join(" | ") || "any";
}

function plain(name, schema) {
  if (name === "array") return `Array<${type(schema.items)}>`;
  if (name === "object") return `Record<string, ${type(schema.additionalProperties)}>`;
  return LITERALS[name];
}

function object({ properties, required = [] }) {
  const fields = Object.entries(properties).map(([name, value]) => `${JSON.stringify(name)}${required.includes(name) ? "" : "?"}: ${type(value)}`);
  return `{ ${fields.join("; ")} }`;
}

const server = await serve("--no-seed");
const api = await (await fetch(`${server.origin}/openapi.json`)).json();
await server.stop();
const types = Object.entries(api.components.schemas).map(([name, schema]) => `export type ${name} = ${type(schema)};`);
writeFileSync(new URL("api.d.ts", import.meta.url), `// Written by api-types.mjs.\n${types.join("\n")}\n`);

// The API, read from its own document: each call with its parameters, its body and answers, a form to try it, and how to call it.

import { known, once } from "../core/api.js";
import { lead } from "../core/carried.js";
import { $, field, fill, h, select } from "../core/dom.js";
import { many } from "../core/format.js";
import { Mistake } from "../core/request.js";
import { coded, problem } from "../parts/problem.js";
import { snippet } from "../parts/snippet.js";
import { table } from "../parts/table.js";
import { tokenField } from "../parts/token-field.js";

/** @import { Child } from "../core/dom.js" */
/** @import { Column } from "../parts/table.js" */
/** A schema of JSON, as far as it is shown. @typedef {Record<string, any>} Schema */
/** @typedef {{name: string, in: string, required?: boolean, description?: string, schema?: Schema, example?: unknown}} Parameter */
/** @typedef {{operationId: string, summary?: string, description?: string, tags?: string[], security?: object[], parameters?: Parameter[], requestBody?: {content: Record<string, {schema: Schema, example?: unknown}>}, responses: Record<string, {description: string, content?: Record<string, {schema: Schema}>}>}} Call */
/** @typedef {{path: string, method: string, call: Call}} Operation */
/** @typedef {{paths: Record<string, Record<string, Call>>, tags: {name: string, description: string}[], components: {schemas: Record<string, Schema>}}} Api */

const METHODS = ["get", "post", "put", "patch", "delete"];
const place = $("#docs");
/** Longest answer that is shown, in characters: more is slow to lay out and nobody reads it. */
const SHOWN = 20_000;

lead();
known("/openapi.json").then((/** @type {Api} */ api) => {
  const calls = Object.entries(api.paths).flatMap(([path, methods]) => METHODS.filter((method) => methods[method])
    .map((method) => ({ path, method: method.toUpperCase(), call: methods[method] })));
  const parts = api.tags.map(({ name, description }) => h("section", { "aria-labelledby": `tag-${name}` },
    h("h2", { id: `tag-${name}` }, name[0].toUpperCase() + name.slice(1)), h("p", { class: "quiet" }, `${description}.`),
    calls.filter(({ call }) => call.tags?.includes(name)).map((one) => operation(api, one))));
  fill(place, h("details", {}, h("summary", {}, "Give a token, for the forms below"), tokenField().element), parts);
  reveal();
  addEventListener("hashchange", reveal);
}).catch((error) => fill(place, problem(error)));

/** Opens the call that the address names. */
function reveal() {
  const named = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!(named instanceof HTMLDetailsElement)) return;
  named.open = true;
  named.scrollIntoView();
}

/** @param {Api} api @param {Operation} one */
function operation(api, one) {
  const { path, method, call } = one;
  return lazy({ id: call.operationId, class: "operation" }, [h("code", {}, h("strong", {}, method), ` ${path}`), " ", h("span", { class: "quiet" }, prose(call.summary))], () => [
    call.description && h("p", {}, prose(call.description)),
    call.security?.some((way) => Object.keys(way).length) && h("p", {}, "Needs a token: a header ", h("code", {}, "Authorization: Bearer …"), "."),
    parameters(call), body(api, call), attempt(one), answers(api, call),
  ]);
}

/** A part that is made when it is opened first. @param {Record<string, string>} attributes @param {Child} summary @param {() => Child} content */
function lazy(attributes, summary, content) {
  let made = false;
  const element = h("details", { ...attributes, on: { toggle: () => {
    if (!element.open || made) return;
    made = true;
    const head = element.firstElementChild;
    fill(element, head, content());
  } } }, h("summary", {}, summary));
  return element;
}

/** Prose of the document, code as code. @param {string | undefined} text */
const prose = (text) => coded(text ?? "");

/** @param {Call} call */
function parameters({ parameters: all = [] }) {
  if (!all.length) return null;
  /** @type {Column<Parameter>[]} */
  const columns = [
    { title: "Name", head: true, cell: (one) => [h("code", {}, one.name), one.required && h("span", { class: "sub" }, "needed")] },
    { title: "Type", cell: (one) => kind(one.schema) },
    { title: "What it is", cell: (one) => prose(one.description) },
  ];
  return [h("h3", {}, "Parameters"), table({ caption: "Parameters", hidden: true, rows: all, columns })];
}

/** @param {Api} api @param {Call} call */
function body(api, { requestBody }) {
  const types = Object.entries(requestBody?.content ?? {});
  return types.length > 0 && [h("h3", {}, "Body"), h("p", { class: "small quiet" }, types.map(([type]) => type).join(", ")), shape(api, types[0][1].schema)];
}

/** @param {Api} api @param {Call} call */
function answers(api, { responses }) {
  const all = Object.entries(responses).map(([status, { description, content }]) => ({ status, description, content }));
  const good = all.find(({ status }) => status.startsWith("2"));
  const schema = Object.values(good?.content ?? {})[0]?.schema;
  return [h("h3", {}, "Answers"), table({
    caption: "Answers", hidden: true, rows: all, columns: [
      { title: "Status", head: true, cell: ({ status }) => status }, { title: "When", cell: ({ description }) => prose(description) },
    ],
  }), schema && shape(api, schema)];
}

/** @param {Schema | undefined} schema @returns {string | undefined} */
const named = (schema) => schema?.$ref?.split("/").at(-1);

/** The schema itself, and the names of those that it is made of. @param {Api} api @param {Schema} schema @returns {Schema | undefined} */
function resolved(api, schema) {
  const name = named(schema);
  return name ? api.components.schemas[name] : schema;
}

/** @param {Schema} schema @returns {Schema[]} */
function variants(schema = {}) {
  return (schema.oneOf ?? schema.anyOf ?? []).filter((/** @type {Schema} */ { type }) => type !== "null");
}

/** The type of a value, in words. @param {Schema} schema @returns {string} */
function kind(schema = {}) {
  const name = named(schema);
  if (name) return name;
  if (variants(schema).length) return [...new Set(variants(schema).map(kind))].join(" or ");
  if (schema.enum) return schema.enum.join(", ");
  const types = [schema.type ?? "any"].flat().filter((type) => type !== "null");
  if (types.includes("array")) return `list of ${kind(schema.items)}`;
  return types.join(" or ");
}

/** The names of the schemas that a value is made of. @param {Schema} schema @returns {string[]} */
function within(schema = {}) {
  const name = named(schema);
  if (name) return [name];
  return [...variants(schema), ...(schema.allOf ?? []), ...(schema.items ? [schema.items] : [])].flatMap(within);
}

/** @typedef {{name: string, value: Schema, needed: boolean}} FieldRow */

/** The fields of a schema, and those of its parts on demand. @param {Api} api @param {Schema} schema @returns {Child} */
function shape(api, schema) {
  const whole = resolved(api, schema) ?? {};
  const all = [whole, ...(whole.allOf ?? []).map((/** @type {Schema} */ part) => resolved(api, part))];
  /** @type {FieldRow[]} */
  const fields = all.flatMap(({ properties = {}, required = [] }) => Object.entries(properties).map(([name, value]) => ({ name, value, needed: required.includes(name) })));
  const parts = new Set([...fields.flatMap(({ value }) => within(value)), ...(fields.length ? [] : within(whole))]);
  const known = [...parts].filter((name) => name !== named(schema) && api.components.schemas[name]);
  /** @type {Column<FieldRow>[]} */
  const columns = [
    { title: "Field", head: true, cell: ({ name, needed }) => [h("code", {}, name), needed && h("span", { class: "sub" }, "always")] },
    { title: "Type", cell: ({ value }) => kind(value) },
    { title: "What it is", cell: ({ value }) => prose(value.description ?? variants(value).find(({ description }) => description)?.description) },
  ];
  return [
    fields.length ? table({ caption: named(schema) ?? "Fields", rows: fields, columns }) : h("p", { class: "small" }, kind(whole)),
    known.map((name) => lazy({ class: "small" }, name, () => [h("p", {}, prose(api.components.schemas[name].description)), shape(api, { $ref: `#/components/schemas/${name}` })])),
  ];
}

/** A form that makes the call, and the same call for Python and a shell. @param {Operation} one */
function attempt({ path, method, call }) {
  const json = call.requestBody?.content["application/json"];
  if ((method !== "GET" && !json) || call.security?.length) return null;
  const inputs = (call.parameters ?? []).filter(({ in: where }) => where !== "header").map((one) => {
    /** @type {[string, string][] | undefined} */
    const choices = one.schema?.enum?.map((/** @type {string} */ value) => [value, value]);
    const control = choices ? select([["", ""], ...choices], "") : h("input", { value: String(one.example ?? one.schema?.example ?? "") });
    if (one.required) control.required = true;
    return { ...one, control };
  });
  const text = json && h("textarea", { spellcheck: "false", value: JSON.stringify(json.example ?? {}, null, 1) });
  const [said, same] = [h("div", { role: "status" }), h("div")];
  const address = () => {
    const filled = inputs.filter(({ control }) => control.value !== "");
    const whole = filled.filter((one) => one.in === "path").reduce((whole, one) => whole.replace(`{${one.name}}`, encodeURIComponent(one.control.value)), path);
    const search = new URLSearchParams(filled.filter((one) => one.in === "query").map((one) => [one.name, one.control.value])).toString();
    return search ? `${whole}?${search}` : whole;
  };
  const send = async (/** @type {Event} */ event) => {
    event.preventDefault();
    const began = performance.now();
    try {
      const parsed = text && readBody(text.value);
      const response = await once(address(), { method, body: text?.value, headers: text ? { "Content-Type": "application/json" } : {} });
      const answer = await response.text();
      const pretty = response.headers.get("content-type")?.includes("json") ? JSON.stringify(JSON.parse(answer), null, 1) : answer;
      const cut = pretty.length > SHOWN ? `${pretty.slice(0, SHOWN)}\n…` : pretty;
      fill(said, h("p", {}, h("strong", {}, String(response.status)), ` after ${(performance.now() - began).toFixed(0)} ms, ${many(answer.length, "character")}`),
        response.status === 401 && h("p", {}, "Give a token at the top of this page, then send again."),
        h("pre", { tabindex: 0, role: "region", "aria-label": "Answer", class: "tall" }, cut));
      fill(same, snippet({ path: address(), body: parsed }));
    } catch (error) {
      fill(said, problem(error));
    }
  };
  return [h("h3", {}, "Try it"), h("form", { on: { submit: send }, autocomplete: "off" }, h("div", { class: "fields" }, inputs.map(({ name, control }) => field(name, control))),
    text && field("Body, as JSON", text), h("button", { type: "submit" }, "Send")), said, same];
}

/** The body as a value; a mistake in it is told in words. @param {string} text @returns {unknown} */
function readBody(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Mistake(`The body is not JSON: ${error instanceof Error ? error.message : error}.`);
  }
}

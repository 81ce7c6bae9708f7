// The API, read from its own document: each call with its parameters, its body and answers, a form to try it, and how to call it.

import { get, once } from "../core/api.js";
import { $, field, fill, h, select } from "../core/dom.js";
import { problem } from "../parts/problem.js";
import { snippet } from "../parts/snippet.js";
import { table } from "../parts/table.js";

const METHODS = ["get", "post", "put", "patch", "delete"];
const place = $("#docs");
/** Longest answer that is shown, in characters: more is slow to lay out and nobody reads it. */
const SHOWN = 20_000;

get("/openapi.json").then((api) => {
  const calls = Object.entries(api.paths).flatMap(([path, methods]) => METHODS.filter((method) => methods[method])
    .map((method) => ({ path, method: method.toUpperCase(), call: methods[method] })));
  const parts = api.tags.map(({ name, description }) => h("section", { "aria-labelledby": `tag-${name}` },
    h("h2", { id: `tag-${name}` }, name[0].toUpperCase() + name.slice(1)), h("p", { class: "quiet" }, `${description}.`),
    calls.filter(({ call }) => call.tags?.includes(name)).map((one) => operation(api, one))));
  fill(place, parts);
  reveal();
  addEventListener("hashchange", reveal);
}).catch((error) => fill(place, problem(error)));

/** Opens the call that the address names. */
function reveal() {
  const named = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!named) return;
  named.open = true;
  named.scrollIntoView();
}

function operation(api, one) {
  const { path, method, call } = one;
  return lazy({ id: call.operationId, class: "operation" }, [h("code", {}, h("strong", {}, method), ` ${path}`), " ", h("span", { class: "quiet" }, plain(call.summary))], () => [
    call.description && h("p", {}, plain(call.description)),
    call.security?.some((way) => Object.keys(way).length) && h("p", {}, "Needs a token: a header ", h("code", {}, "Authorization: Bearer …"), "."),
    parameters(call), body(api, call), attempt(one), answers(api, call),
  ]);
}

/** A part that is made when it is opened first. */
function lazy(attributes, summary, content) {
  const element = h("details", { ...attributes, on: { toggle: () => { if (element.open && !made) { made = true; element.append(...[content()].flat(Infinity).filter((part) => part instanceof Node)); } } } }, h("summary", {}, summary));
  let made = false;
  return element;
}

/** Prose of the document, code as code. */
const plain = (text) => (text ?? "").split("`").map((part, i) => (i % 2 ? h("code", {}, part) : part));

function parameters({ parameters: all = [] }) {
  if (!all.length) return null;
  return [h("h3", {}, "Parameters"), table({
    caption: "Parameters", hidden: true, rows: all, columns: [
      { title: "Name", head: true, cell: (one) => [h("code", {}, one.name), one.required && h("span", { class: "sub" }, "needed")] },
      { title: "Type", cell: (one) => kind(one.schema) },
      { title: "What it is", cell: (one) => plain(one.description) },
    ],
  })];
}

function body(api, { requestBody }) {
  const [[type, content] = []] = Object.entries(requestBody?.content ?? {});
  return type && [h("h3", {}, "Body"), h("p", { class: "small quiet" }, Object.keys(requestBody.content).join(", ")), shape(api, content.schema)];
}

function answers(api, { responses }) {
  const good = Object.entries(responses).find(([status]) => status.startsWith("2"));
  const schema = good && Object.values(good[1].content ?? {})[0]?.schema;
  return [h("h3", {}, "Answers"), table({
    caption: "Answers", hidden: true, rows: Object.entries(responses), columns: [
      { title: "Status", head: true, cell: ([status]) => status }, { title: "When", cell: ([, { description }]) => plain(description) },
    ],
  }), schema && shape(api, schema)];
}

const named = (schema) => schema?.$ref?.split("/").at(-1);

/** The schema itself, and the names of those that it is made of. */
function resolved(api, schema) {
  return named(schema) ? api.components.schemas[named(schema)] : schema;
}

function variants(schema = {}) {
  return (schema.oneOf ?? schema.anyOf ?? []).filter(({ type }) => type !== "null");
}

/** The type of a value, in words. */
function kind(schema = {}) {
  if (named(schema)) return named(schema);
  if (variants(schema).length) return [...new Set(variants(schema).map(kind))].join(" or ");
  if (schema.enum) return schema.enum.join(", ");
  const types = [schema.type ?? "any"].flat().filter((type) => type !== "null");
  if (types.includes("array")) return `list of ${kind(schema.items)}`;
  return types.join(" or ");
}

/** The names of the schemas that a value is made of. */
function within(schema = {}) {
  if (named(schema)) return [named(schema)];
  return [...variants(schema), ...(schema.allOf ?? []), ...(schema.items ? [schema.items] : [])].flatMap(within);
}

/** The fields of a schema, and those of its parts on demand. */
function shape(api, schema) {
  const whole = resolved(api, schema) ?? {};
  const all = [whole, ...(whole.allOf ?? []).map((part) => resolved(api, part))];
  const fields = all.flatMap(({ properties = {}, required = [] }) => Object.entries(properties).map(([name, value]) => ({ name, value, needed: required.includes(name) })));
  const parts = new Set([...fields.flatMap(({ value }) => within(value)), ...(fields.length ? [] : within(whole))]);
  const known = [...parts].filter((name) => name !== named(schema) && api.components.schemas[name]);
  return [
    fields.length ? table({
      caption: named(schema) ?? "Fields", rows: fields, columns: [
        { title: "Field", head: true, cell: ({ name, needed }) => [h("code", {}, name), needed && h("span", { class: "sub" }, "always")] },
        { title: "Type", cell: ({ value }) => kind(value) },
        { title: "What it is", cell: ({ value }) => plain(value.description ?? variants(value).find(({ description }) => description)?.description) },
      ],
    }) : h("p", { class: "small" }, kind(whole)),
    known.map((name) => lazy({ class: "small" }, name, () => [h("p", {}, plain(api.components.schemas[name].description)), shape(api, { $ref: `#/components/schemas/${name}` })])),
  ];
}

/** A form that makes the call, and the same call for Python and a shell. */
function attempt({ path, method, call }) {
  const content = call.requestBody?.content;
  const json = content?.["application/json"];
  if ((method !== "GET" && !json) || call.security?.length) return null;
  const inputs = (call.parameters ?? []).filter(({ in: where }) => where !== "header").map((one) => {
    const choices = one.schema?.enum;
    const control = choices ? select([["", ""], ...choices.map((value) => [value, value])], "") : h("input", { value: String(one.example ?? one.schema?.example ?? "") });
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
  const send = async (event) => {
    event.preventDefault();
    const began = performance.now();
    try {
      const parsed = json ? JSON.parse(text.value) : undefined;
      const response = await once(address(), { method, body: json && text.value, headers: json ? { "Content-Type": "application/json" } : {} });
      const answer = await response.text();
      const pretty = response.headers.get("content-type")?.includes("json") ? JSON.stringify(JSON.parse(answer), null, 1) : answer;
      const cut = pretty.length > SHOWN ? `${pretty.slice(0, SHOWN)}\n…` : pretty;
      fill(said, h("p", {}, h("strong", {}, String(response.status)), ` after ${(performance.now() - began).toFixed(0)} ms, ${answer.length.toLocaleString("en")} characters`),
        h("pre", { tabindex: 0, role: "region", "aria-label": "Answer", class: "tall" }, cut));
      fill(same, snippet({ path: address(), body: parsed }));
    } catch (error) {
      fill(said, problem(error));
    }
  };
  const fields = inputs.map(({ name, required, control }) => { if (required) control.required = true; return field(name, control); });
  return [h("h3", {}, "Try it"), h("form", { on: { submit: send }, autocomplete: "off" }, h("div", { class: "fields" }, fields),
    json && field("Body, as JSON", text), h("button", { type: "submit" }, "Send")), said, same];
}

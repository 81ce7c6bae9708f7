// The call behind a view, to be pasted into a shell or a notebook. It names the address under which the page was opened.

import { fill, h } from "../core/dom.js";
import { at } from "../core/place.js";
import { isPrivate } from "../core/token.js";

/**
 * A call: `path`, and a `body` where it is a POST; `csv` where pandas can read the answer.
 *
 * @param {{path: string, body?: unknown, csv?: boolean}} call
 */
export function snippet({ path, body, csv }) {
  const place = h("div", {});
  // Written anew when it is opened: whether reading takes a token may have become known meanwhile.
  const write = () => fill(place, isPrivate() && h("p", { class: "small quiet" }, "The token is taken from the variable TOKEN."),
    h("p", { class: "label" }, "Python"), copyable(csv ? pandas(path) : python(path, body)),
    h("p", { class: "label" }, "curl"), copyable(curl(path, body)));
  write();
  return h("details", { class: "call", on: { toggle: write } }, h("summary", {}, "Call this from Python or curl"), place);
}

/** Text in a box with a button that copies it. @param {string} text */
export function copyable(text) {
  const code = h("code", {}, text);
  const button = h("button", { type: "button", class: "small", on: { click: () => copy(text, code, button) } }, "Copy");
  return h("div", { class: "copyable" }, h("pre", { tabindex: 0, role: "group", "aria-label": "Code" }, code), button);
}

/** @param {string} text @param {HTMLElement} code @param {HTMLElement} button */
async function copy(text, code, button) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    getSelection()?.selectAllChildren(code);
    button.textContent = "Press Ctrl+C";
  }
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
}

/** @param {string} path @param {unknown} body */
function curl(path, body) {
  const token = isPrivate() ? ' -H "Authorization: Bearer $TOKEN"' : "";
  if (!body) return `curl -s ${quoted(address(path))}${token}`;
  return `curl -s ${address(path)}${token} -H 'Content-Type: application/json' \\\n  -d ${quoted(JSON.stringify(body))}`;
}

/** @param {string} path */
const address = (path) => location.origin + at(path);

/** @param {string} text */
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

const HEADERS = '{"Authorization": "Bearer " + os.environ["TOKEN"]}';

/** @param {string} path @param {unknown} body */
function python(path, body) {
  const url = JSON.stringify(address(path));
  const headers = isPrivate() ? `, headers=${HEADERS}` : "";
  const call = body ? `requests.post(${url}${headers}, json=${literal(body)})` : `requests.get(${url}${headers})`;
  return `import ${isPrivate() ? "os, " : ""}requests\n\nanswer = ${call}.json()\nprint(answer)`;
}

/** @param {string} path */
function pandas(path) {
  const options = isPrivate() ? `, storage_options=${HEADERS}` : "";
  return `import ${isPrivate() ? "os, " : ""}pandas\n\ntable = pandas.read_csv(${JSON.stringify(address(path))}${options})\nprint(table)`;
}

/** A value as Python writes it. @param {unknown} value @returns {string} */
export function literal(value) {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value === "object") return `{${Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${literal(one)}`).join(", ")}}`;
  return JSON.stringify(value);
}

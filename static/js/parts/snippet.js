// The call behind a view, to be pasted into a shell or a notebook. It names the address under which the page was opened.

import { at } from "../core/place.js";
import { h } from "../core/dom.js";

/** A call: `path`, and a `body` where it is a POST; `csv` where pandas can read the answer. */
export function snippet({ path, body, csv }) {
  return h("details", { class: "call" }, h("summary", {}, "Call this from Python or curl"),
    h("h3", {}, "Python"), copyable(csv ? pandas(path) : python(path, body)),
    h("h3", {}, "curl"), copyable(curl(path, body)));
}

/** Text in a box with a button that copies it. */
export function copyable(text) {
  const code = h("code", {}, text);
  const button = h("button", { type: "button", class: "small", on: { click: () => copy(text, code, button) } }, "Copy");
  return h("div", { class: "copyable" }, h("pre", { tabindex: 0, role: "region", "aria-label": "Code" }, code), button);
}

async function copy(text, code, button) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(code);
    button.textContent = "Press Ctrl+C";
  }
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
}

function curl(path, body) {
  if (!body) return `curl -s ${quoted(address(path))}`;
  return `curl -s ${address(path)} -H 'Content-Type: application/json' \\\n  -d ${quoted(JSON.stringify(body))}`;
}

const address = (path) => location.origin + at(path);

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

function python(path, body) {
  const url = JSON.stringify(address(path));
  const call = body ? `requests.post(${url}, json=${literal(body)})` : `requests.get(${url})`;
  return `import requests\n\nanswer = ${call}.json()\nprint(answer)`;
}

function pandas(path) {
  return `import pandas\n\ntable = pandas.read_csv(${JSON.stringify(address(path))})\nprint(table)`;
}

/** A value as Python writes it. */
export function literal(value) {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value === "object") return `{${Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${literal(one)}`).join(", ")}}`;
  return JSON.stringify(value);
}

// Links to files. Where reading takes a token, which a link cannot carry, the page fetches the file and hands it over.

import { file } from "../core/api.js";
import { h } from "../core/dom.js";
import { at } from "../core/place.js";
import { isPrivate } from "../core/token.js";
import { problem } from "./problem.js";

/** @import { Child } from "../core/dom.js" */

/**
 * A link that saves what is at `path` as `name`.
 *
 * @param {string} path
 * @param {string} name
 * @param {Child[]} text
 */
export function download(path, name, ...text) {
  const link = h("a", { href: path, download: name, on: { click: async (event) => {
    if (!isPrivate()) return;
    event.preventDefault();
    try {
      save(await file(path), name);
    } catch (error) {
      link.after(problem(error));
    }
  } } }, text);
  return link;
}

/** @param {Blob} content @param {string} name */
function save(content, name) {
  const address = URL.createObjectURL(content);
  const link = h("a", { download: name });
  link.href = at(address);
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

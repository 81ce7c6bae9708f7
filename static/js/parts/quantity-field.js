// A field for a quantity: what is typed is read at once, and a mistake is told below it.

import { field, h } from "../core/dom.js";
import { read } from "../core/quantity.js";

/** @import { Kind } from "../core/quantity.js" */

/**
 * @typedef {object} Asked
 * @property {string} label
 * @property {Kind} kind
 * @property {string} placeholder
 * @property {string} [hint]
 * @property {(text: string) => void} onchange hears what was typed, where it can be read
 * @property {"change" | "input"} [event] when it does
 */

/** A field for a quantity. @param {Asked} asked */
export function quantityField({ label, kind, placeholder, hint = "", onchange, event = "change" }) {
  const said = h("span", {}, hint);
  const control = h("input", {
    placeholder, inputmode: kind === "whole" || kind === "factor" ? "decimal" : "text", autocomplete: "off", spellcheck: "false",
    on: { [event]: () => { if (look()) onchange(control.value.trim()); }, blur: () => { look(); } },
  });
  const element = field(label, control, said);
  /** Tells a mistake; gives whether there is none. */
  function look() {
    const found = read(control.value, kind);
    const error = found && "error" in found ? `${found.error}.` : null;
    tell(error);
    return error === null;
  }
  /** @param {string | null} error */
  function tell(error, otherwise = hint) {
    control.setAttribute("aria-invalid", String(error !== null));
    said.textContent = error ?? otherwise;
  }
  /** @param {string | undefined} text */
  function show(text) {
    if (document.activeElement !== control) control.value = text ?? "";
    look();
  }
  return { element, control, show, tell };
}

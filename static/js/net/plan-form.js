// The fields of a budget.

import { h, pick, radios } from "../core/dom.js";
import { quantityField } from "../parts/quantity-field.js";
import { FIELDS, mistakes } from "./plan-request.js";

/** @import { Params, State } from "../core/state.js" */

const FIRST = ["epoch", "flops", "params", "acts", "memory", "batch"];
const WHOLE = ["epochs", "devices", "total", "price", "cost"];

/** The form; `read` shows a state in it, `blame` marks the fields that an answer points at. @param {State} state @param {(text: string) => void} onprice hears a price */
export function planForm(state, onprice) {
  const fields = new Map(Object.entries(FIELDS).map(([name, { label, kind, example, hint }]) => [name, quantityField({ label, kind, placeholder: example, hint, onchange: (text) => (name === "price" ? onprice(text) : state.set({ [name]: text })) })]));
  // A mistake is kept in the address as well, so that no plan for something else is left standing.
  for (const [name, { control }] of fields) control.addEventListener("change", () => { if (control.getAttribute("aria-invalid") === "true") state.set({ [name]: control.value.trim() }); });
  /** @param {string[]} names */
  const shown = (names) => h("div", { class: "fields" }, names.map((name) => fields.get(name)?.element));
  const uses = radios("Limits on time hold for", "use", [["predicted", "the prediction"], ["high", "the upper end of its interval"]], "predicted", (use) => state.set({ use: use === "high" ? use : null }));
  const more = h("details", {}, h("summary", {}, "A whole training, and what it costs"), shown(WHOLE));
  const element = h("form", { "aria-label": "Budget", autocomplete: "off", on: { submit: (event) => event.preventDefault() } }, shown(FIRST), more, uses);

  /** @param {Record<string, string>} wrong @param {Record<string, string>} hints */
  function blame(wrong, hints = {}) {
    for (const [name, field] of fields) field.tell(wrong[name] ?? null, hints[name]);
  }
  /** @param {Params} now @param {Record<string, string>} hints what to say below fields that are right */
  function read(now, hints) {
    for (const [name, { control }] of fields) if (document.activeElement !== control || !control.value) control.value = now[name] ?? "";
    pick(uses, now.use ?? "predicted");
    if (WHOLE.some((name) => now[name])) more.open = true;
    blame(mistakes(now), hints);
  }
  return { element, read, blame };
}

// The fields of a budget.

import { field, h, radios } from "../core/dom.js";
import { FIELDS, mistakes } from "./plan-request.js";

const FIRST = ["epoch", "flops", "params", "acts", "memory", "batch"];
const WHOLE = ["epochs", "devices", "total", "price", "cost"];

/** The form; `read` shows a state in it, `blame` marks the fields that an answer points at. */
export function planForm(state) {
  const inputs = Object.fromEntries(Object.keys(FIELDS).map((name) => [name, input(name, state)]));
  const shown = (names) => h("div", { class: "fields" }, names.map((name) => field(FIELDS[name].label, inputs[name], FIELDS[name].hint ?? [""])));
  const uses = radios("Limits on time hold for", "use", [["predicted", "the prediction"], ["high", "the upper end of its interval"]], "predicted", (use) => state.set({ use: use === "high" ? use : null }));
  const more = h("details", {}, h("summary", {}, "A whole training, and what it costs"), shown(WHOLE));
  const element = h("form", { "aria-label": "Budget", autocomplete: "off", on: { submit: (event) => event.preventDefault() } }, shown(FIRST), more, uses);

  function blame(wrong) {
    for (const [name, control] of Object.entries(inputs)) {
      control.setAttribute("aria-invalid", String(name in wrong));
      control.parentElement.querySelector(".hint").textContent = wrong[name] ?? FIELDS[name].hint ?? "";
    }
  }
  function read(now) {
    for (const [name, control] of Object.entries(inputs)) if (document.activeElement !== control || !control.value) control.value = now[name] ?? "";
    for (const radio of uses.querySelectorAll("input")) radio.checked = radio.value === (now.use ?? "predicted");
    if (WHOLE.some((name) => now[name])) more.open = true;
    blame(mistakes(now));
  }
  return { element, read, blame };
}

function input(name, state) {
  const { kind, example } = FIELDS[name];
  const control = h("input", { id: `budget-${name}`, placeholder: example, inputmode: kind === "whole" ? "numeric" : "text", spellcheck: "false", on: {
    change: () => state.set({ [name]: control.value.trim() }),
  } });
  return control;
}

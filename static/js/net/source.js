// The fields for a net: its name, or a description that is pasted.

import { debounced, field, h, radios } from "../core/dom.js";
import { described, written } from "./description.js";
import { netField } from "./net-field.js";

/** @import { Params } from "../core/state.js" */
/** @typedef {{onchange: (changes: {model?: string, spec: string | null}, how?: {quietly: boolean}) => void, hint: string, second?: boolean}} Asked `hint` stands below the name; `second`: of two nets on the page */

/** The fields, which begin as `now` says and tell of changes. @param {Params} now @param {Asked} asked */
export function source(now, { onchange, hint, second = false }) {
  const { element: named, box } = netField(now.model ?? "", (model) => onchange({ model, spec: null }), hint, second ? "Second net" : "Net");
  const text = h("textarea", { spellcheck: "false", placeholder: '{"family": "regnet", "depth": 18, "w0": 80,\n "wa": 34.01, "wm": 2.25, "group_w": 24}', on: { input: debounced(() => take(), 400) } });
  const said = h("p", { class: "hint", role: "status" });
  const take = () => {
    const spec = described(text.value);
    const unread = spec === undefined && text.value.trim() !== "";
    text.setAttribute("aria-invalid", String(unread));
    said.textContent = unread ? "Neither JSON yet, nor a config of pycls with a section MODEL." : "";
    // What cannot be read goes there too, so that no answer to something else is left standing.
    if (spec || unread) onchange({ spec: spec ?? text.value }, { quietly: unread });
  };
  const pasted = h("div", {}, field(second ? "Description of the second net" : "Description", text, "JSON with the field names of pycls, or a YAML config of pycls as it is; or only {\"flops\", \"params\", \"acts\"}."), said);
  const kinds = radios(second ? "The second net is given by" : "The net is given by", second ? "second-kind" : "kind", [["name", "name"], ["spec", "description"]], now.spec ? "spec" : "name", (kind) => {
    show(kind);
    if (kind === "name" && text.value) onchange({ spec: null });
    if (kind === "spec") take();
  });
  /** @param {string} kind */
  const show = (kind) => {
    named.hidden = kind !== "name";
    pasted.hidden = kind !== "spec";
  };
  show(now.spec ? "spec" : "name");
  /** @param {Params} now */
  const read = (now) => {
    box.value = now.model ?? "";
    if (now.spec && document.activeElement !== text) text.value = written(now.spec);
    const [byName, bySpec] = kinds.querySelectorAll("input");
    if (now.spec && !bySpec.checked) { bySpec.checked = true; show("spec"); }
    if (!now.spec && bySpec.checked && !pasted.contains(document.activeElement) && document.activeElement !== bySpec) { byName.checked = true; show("name"); }
  };
  return { element: h("div", {}, kinds, named, pasted), read };
}

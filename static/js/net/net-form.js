// The form of the page about a net: which one, how it is scaled, and what else a prediction asks for.

import { debounced, field, fill, h, pick, radios, select } from "../core/dom.js";
import { unscalable } from "../core/request.js";
import { gpuField } from "../parts/gpus.js";
import { quantityField } from "../parts/quantity-field.js";
import { described, written } from "./description.js";
import { netField } from "./net-field.js";
import { alphaField, factorField, strategyField } from "./scaling-fields.js";
import { viewOf } from "./views.js";

/** @import { Changes, Params, State } from "../core/state.js" */
/** @typedef {(changes: Changes, how?: {quietly: boolean}) => void} Set */

/** Puts the form's fields into `form`; they follow `state` and change it. @param {HTMLElement} form @param {State} state */
export async function netForm(form, state) {
  const now = state.get();
  /** @type {Set} */
  const set = (changes, how) => state.set(changes, how);
  const quietly = debounced((/** @type {Changes} */ changes) => state.set(changes, { quietly: true }), 120);
  const scaled = [await strategyField(now, set), alphaField(now, quietly), factorField({ slider: true, onchange: quietly })];
  const [net, gpus, others] = [source(now, set), gpuField(state), rest(now, set)];
  const reason = h("p", { class: "hint", role: "status" });
  const oneWay = h("div", {}, scaled.map((part) => part.element), reason);
  fill(form, net.element, oneWay, h("div", {}, gpus.element, others.element));
  form.addEventListener("submit", (event) => event.preventDefault());
  state.watch(async (now) => {
    oneWay.hidden = !["scale", "time"].includes(viewOf(now));
    net.read(now);
    others.read(now);
    const [why] = await Promise.all([unscalable(now), gpus.show(now)]);
    reason.textContent = why ? `${why}: it is predicted as it is.` : "";
    for (const part of scaled) part.read(now, why);
  });
}

/** A name, or a pasted description. @param {Params} now @param {Set} set */
function source(now, set) {
  const { element: named, box } = netField(now.model ?? "", (model) => set({ model, spec: null }), "A name, such as ResNet-50 or regnety_040.");
  const text = h("textarea", { spellcheck: "false", placeholder: '{"family": "regnet", "depth": 18, "w0": 80,\n "wa": 34.01, "wm": 2.25, "group_w": 24}', on: { input: debounced(() => take(), 400) } });
  const said = h("p", { class: "hint", role: "status" });
  const take = () => {
    const spec = described(text.value);
    const unread = spec === undefined && text.value.trim() !== "";
    text.setAttribute("aria-invalid", String(unread));
    said.textContent = unread ? "Neither JSON yet, nor a config of pycls with a section MODEL." : "";
    // What cannot be read goes there too, so that no answer to something else is left standing.
    if (spec || unread) set({ spec: spec ?? text.value }, { quietly: unread });
  };
  const pasted = h("div", {}, field("Description", text, "JSON with the field names of pycls, or a YAML config of pycls as it is; or only {\"flops\", \"params\", \"acts\"}."), said);
  const kinds = radios("The net is given by", "kind", [["name", "name"], ["spec", "description"]], now.spec ? "spec" : "name", (kind) => {
    show(kind);
    if (kind === "name" && text.value) set({ spec: null });
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

/** The mode, and what is seldom changed. @param {Params} now @param {Set} set */
function rest(now, set) {
  const modes = radios("What is timed", "mode", [["train", "training"], ["infer", "inference"]], now.mode, (mode) => set({ mode }));
  const images = quantityField({ label: "Images in an epoch", kind: "count", placeholder: "1,281,167", onchange: (images) => set({ images }) });
  const batch = quantityField({ label: "Batch size, of all devices", kind: "whole", placeholder: "as timed", onchange: (batch) => set({ batch }) });
  const level = select([["", "90 %"], ["0.5", "50 %"], ["0.8", "80 %"], ["0.95", "95 %"], ["0.99", "99 %"]], now.level ?? "", { on: { change: () => set({ level: level.value }) } });
  const family = h("input", { placeholder: "as the net says", autocomplete: "off", spellcheck: "false", on: { change: () => set({ family: family.value.trim().toLowerCase() }) } });
  const more = h("details", {}, h("summary", {}, "Data, batch, interval, group"), images.element, batch.element,
    field("Interval", level, "The share of new timings that it is to hold."),
    field("Timing group", family, "The family whose timings yours is likened to, such as regnety; for a net given by its costs, say it here."));
  more.open = Boolean(now.images || now.batch || now.level || now.family);
  /** @param {Params} now */
  const read = (now) => {
    level.value = now.level ?? "";
    pick(modes, now.mode);
    images.show(now.images);
    batch.show(now.batch);
    if (document.activeElement !== family) family.value = now.family ?? "";
  };
  return { element: h("div", {}, modes, more), read };
}

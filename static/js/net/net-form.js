// The form of the page about a net: which one, how it is scaled, and what else a prediction asks for.

import { debounced, field, fill, h, pick, radios, select } from "../core/dom.js";
import { unscalable } from "../core/request.js";
import { gpuField } from "../parts/gpus.js";
import { quantityField } from "../parts/quantity-field.js";
import { alphaField, factorField, strategyField } from "./scaling-fields.js";
import { source } from "./source.js";
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
  const [net, gpus, others] = [source(now, { onchange: set, hint: "A name, such as ResNet-50 or regnety_040." }), gpuField(state), rest(now, set)];
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

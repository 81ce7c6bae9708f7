// The form of the page about a net: which one, how it is scaled, and what else a prediction asks for.

import { known } from "../core/api.js";
import { NetField } from "../parts/combobox.js";
import { described, written } from "./description.js";
import { debounced, field, fill, h, radios, select } from "../core/dom.js";
import { platformOf, platforms } from "../core/platforms.js";
import { alphaField, factorField, strategyField } from "./scaling-fields.js";
import { viewOf } from "./views.js";

/** Puts the form's fields into `form`; they follow `state` and change it. */
export async function netForm(form, state) {
  const now = state.get();
  const set = (changes) => state.set(changes);
  const quietly = debounced((changes) => state.set(changes, { quietly: true }), 120);
  const scaled = await strategyField(now, { withAlpha: true, onchange: set });
  const scaling = [scaled, alphaField(now, quietly), factorField(now, { slider: true, onchange: quietly })];
  const parts = [source(now, set), ...scaling, await rest(now, set)];
  const oneWay = h("div", {}, scaling.map((part) => part.element));
  fill(form, parts[0].element, oneWay, parts.at(-1).element);
  form.addEventListener("submit", (event) => event.preventDefault());
  state.watch((now) => {
    oneWay.hidden = !["scale", "time"].includes(viewOf(now));
    parts.forEach((part) => part.read(now));
  });
}

/** A name, or a pasted description. */
function source(now, set) {
  const name = new NetField(now.model, (model) => set({ model, spec: null }));
  const named = field("Net", name.element, "A name, such as ResNet-50 or regnety_040.");
  named.querySelector("label").htmlFor = name.id;
  const text = h("textarea", { spellcheck: "false", placeholder: '{"family": "regnet", "depth": 18, "w0": 80,\n "wa": 34.01, "wm": 2.25, "group_w": 24}', on: { input: debounced(() => take(), 400) } });
  const said = h("p", { class: "hint", role: "status" });
  const take = () => {
    const spec = described(text.value);
    const unread = spec === undefined && text.value.trim() !== "";
    text.setAttribute("aria-invalid", String(unread));
    said.textContent = unread ? "Neither JSON yet, nor a config of pycls with a section MODEL." : "";
    if (spec) set({ spec });
  };
  const pasted = h("div", {}, field("Description", text, "JSON with the field names of pycls, or a YAML config of pycls as it is; or only {\"flops\", \"params\", \"acts\"}."), said);
  const kinds = radios("The net is given by", "kind", [["name", "name"], ["spec", "description"]], now.spec ? "spec" : "name", (kind) => {
    show(kind);
    if (kind === "name" && text.value) set({ spec: null });
    if (kind === "spec") take();
  });
  const show = (kind) => {
    named.hidden = kind !== "name";
    pasted.hidden = kind !== "spec";
  };
  show(now.spec ? "spec" : "name");
  const read = (now) => {
    name.value = now.model;
    if (now.spec && document.activeElement !== text) text.value = written(now.spec);
    const [byName, bySpec] = kinds.querySelectorAll("input");
    if (now.spec && !bySpec.checked) { bySpec.checked = true; show("spec"); }
    if (!now.spec && bySpec.checked && !pasted.contains(document.activeElement) && document.activeElement !== bySpec) { byName.checked = true; show("name"); }
  };
  return { element: h("div", {}, kinds, named, pasted), read };
}

/** Platform, mode, and what is seldom changed. */
async function rest(now, set) {
  const [all, { gpus }] = await Promise.all([platforms(), known("/v1/gpus")]);
  const platform = select([["", "all platforms"], ...all.map(({ id }) => [id, id])], now.platform ?? "", { on: { change: () => set({ platform: platform.value }) } });
  platform.append(h("optgroup", { label: "Never timed, by data sheet" }, gpus.map(({ id, device }) => h("option", { value: `gpu:${id}` }, device))));
  const modes = radios("What is timed", "mode", [["train", "training"], ["infer", "inference"]], now.mode, (mode) => set({ mode }));
  const images = numeric({ placeholder: "1281167", min: 1 }, (images) => set({ images }));
  const batch = numeric({ placeholder: "as timed", min: 1 }, (batch) => set({ batch }));
  const level = select([["", "90 %"], ["0.5", "50 %"], ["0.8", "80 %"], ["0.95", "95 %"], ["0.99", "99 %"]], now.level ?? "", { on: { change: () => set({ level: level.value }) } });
  const more = h("details", {}, h("summary", {}, "Data, batch, interval"),
    field("Images in an epoch", images), field("Batch size, of all devices", batch), field("Interval", level, "The share of new timings that it is to hold."));
  more.open = Boolean(now.images || now.batch || now.level);
  const read = async (now) => {
    // The other views are about one platform; where none is named, the first.
    const one = viewOf(now) !== "scale";
    platform.options[0].hidden = one;
    platform.value = (one ? await platformOf(now) : now.platform) ?? "";
    level.value = now.level ?? "";
    for (const radio of modes.querySelectorAll("input")) radio.checked = radio.value === now.mode;
    for (const [control, value] of [[images, now.images], [batch, now.batch]]) if (document.activeElement !== control) control.value = value ?? "";
  };
  return { element: h("div", {}, field("Platform", platform), modes, more), read };
}

function numeric(attributes, onchange) {
  const control = h("input", { type: "number", inputmode: "numeric", ...attributes, on: { change: () => onchange(control.value) } });
  return control;
}

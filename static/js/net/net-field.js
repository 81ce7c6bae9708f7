// The field for the name of a net. What it lists says which nets can be scaled, and which are known by their costs alone.

import { known } from "../core/api.js";
import { field } from "../core/dom.js";
import { si } from "../core/quantity.js";
import { Combobox } from "../parts/combobox.js";

/** @import { ModelRow } from "api" */

/**
 * The field; `onchoose` hears a name.
 *
 * @param {string} value
 * @param {(name: string) => void} onchoose
 * @param {string} [hint]
 * @param {string} [label]
 */
export function netField(value, onchoose, hint, label = "Net") {
  const box = new Combobox({ label: "Nets", value, placeholder: "ResNet-50", free: true, onchoose, options });
  const element = field(label, box.element, hint);
  for (const label of element.querySelectorAll("label")) label.htmlFor = box.id;
  return { element, box };
}

async function options() {
  /** @type {ModelRow[]} */
  const models = (await known("/v1/models")).models;
  return models.map((model) => ({
    value: model.name, words: [model.name, ...model.aliases], text: model.name,
    note: `${model.family}, ${si(model.resolutions[0].complexity.flops)} flops, ${model.can_be_scaled ? "scales" : "as it is only"}`,
  }));
}

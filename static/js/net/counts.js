// What a net costs: exact counts, achieved ratios beside theory; and the scaled spec, stage by stage.

import { h } from "../core/dom.js";
import { exact, plain, times } from "../core/format.js";
import { si } from "../core/quantity.js";
import { table } from "../parts/table.js";

/** @import { Description, PredictAnswer } from "api" */
/** @import { Column } from "../parts/table.js" */
/** @typedef {"flops" | "params" | "acts"} Cost */
/** @typedef {Pick<PredictAnswer, "base" | "scaled">} Counted */

/** @type {Record<Cost, string>} */
const NAMES = { flops: "multiply-adds, forward, one image", params: "weights", acts: "elements put out, one image" };
/** @type {Cost[]} */
const COSTS = ["flops", "params", "acts"];

/** The table of counts. @param {Counted} answer */
export function counts({ base, scaled }) {
  /** @type {Column<Cost>[]} */
  const columns = [
    { title: "Cost", head: true, cell: (name) => [name, h("span", { class: "sub" }, NAMES[name])] },
    { title: scaled ? "As it is" : "Count", number: true, cell: (name) => count(base.complexity[name]) },
  ];
  if (scaled) {
    columns.push(
      { title: "Scaled", number: true, cell: (name) => count(scaled.complexity[name]) },
      { title: "Ratio", number: true, cell: (name) => times(scaled.ratios[name]) },
      { title: "Theory", number: true, cell: (name) => times(scaled.theory[name]) });
  }
  return [h("h2", {}, "Counts"), table({ caption: "Counts of the net", hidden: true, columns, rows: COSTS, cards: true }),
    !base.model && h("p", { class: "small quiet" }, "These are the costs as they were given or published: its layers are not known here, so they could not be counted."),
    scaled && h("p", { class: "small quiet" }, "Theory is what a plain convolution would do; blocks, channels and pixels are whole numbers, so the two differ.")];
}

/** @param {number} number */
function count(number) {
  return [si(number), h("span", { class: "sub" }, exact(number))];
}

/** The scaled spec beside the net as it is. @param {Counted} answer */
export function specs({ base, scaled }) {
  const model = scaled?.model ?? base.model;
  if (!model || !base.model) return null;
  const stages = stageRows(base.model, scaled?.model);
  const json = h("details", {}, h("summary", {}, scaled ? "The scaled net as JSON, to be sent again" : "The net as JSON, to be sent again"),
    h("pre", { tabindex: 0, role: "region", "aria-label": "The net as JSON" }, h("code", {}, JSON.stringify(model))));
  return [h("h2", {}, scaled ? "The scaled net" : "The net"), h("p", {}, resolution(base.model, scaled?.model)), stages, json];
}

/** @param {Description} base @param {Description} [scaled] */
function resolution(base, scaled) {
  /** @param {Description} net */
  const pixels = ({ resolution }) => `${resolution} × ${resolution}`;
  if (!scaled) return `Images of ${pixels(base)} pixels.`;
  return base.resolution === scaled.resolution ? `Images of ${pixels(base)} pixels, as before.` : `Images of ${pixels(scaled)} pixels, where it had ${pixels(base)}.`;
}

/** @type {[string, string][]} */
const COLUMNS = [["depths", "Blocks"], ["widths", "Width"], ["group_ws", "Group width"], ["bot_muls", "Bottleneck"], ["exp_ratios", "Expansion"], ["kernels", "Kernel"], ["strides", "Stride"]];

/** @param {Record<string, any>} base @param {Record<string, any>} [scaled] */
function stageRows(base, scaled) {
  const model = scaled ?? base;
  if (!Array.isArray(model.depths)) return null;
  const rows = model.depths.map((_, index) => index);
  // A net whose base is described by other fields (a RegNet by its formula) has nothing to stand beside.
  /** @param {string} name @param {number} index */
  const before = (name, index) => (scaled && Array.isArray(base[name]) && base[name].length === model.depths.length ? base[name][index] : null);
  /** @param {string} name */
  const value = (name) => (/** @type {number} */ index) => {
    const [old, now] = [before(name, index), model[name][index]];
    return old === null || old === now ? plain(now) : [h("span", { class: "quiet" }, `${plain(old)} → `), plain(now)];
  };
  const columns = COLUMNS.filter(([name]) => Array.isArray(model[name])).map(([name, title]) => ({ title, number: true, cell: value(name) }));
  return table({ caption: "Stages", hidden: true, rows, columns: [{ title: "Stage", head: true, cell: (index) => index + 1 }, ...columns] });
}

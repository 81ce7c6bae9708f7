// What a net costs: exact counts, achieved ratios beside theory; and the scaled spec, stage by stage.

import { h } from "../core/dom.js";
import { exact, plain, si, times } from "../core/format.js";
import { table } from "../parts/table.js";

const NAMES = { flops: "multiply-adds, forward, one image", params: "weights", acts: "elements put out, one image" };

/** The table of counts. */
export function counts({ base, scaled }) {
  const columns = [
    { title: "", head: true, cell: ([name]) => [name, h("span", { class: "sub" }, NAMES[name])] },
    { title: scaled ? "As it is" : "Count", number: true, cell: ([, cost]) => count(cost) },
  ];
  if (scaled) {
    columns.push(
      { title: "Scaled", number: true, cell: ([name]) => count(scaled.complexity[name]) },
      { title: "Ratio", number: true, cell: ([name]) => times(scaled.ratios[name]) },
      { title: "Theory", number: true, cell: ([name]) => times(scaled.theory[name]) });
  }
  return [h("h2", {}, "Counts"), table({ caption: "Counts of the net", hidden: true, columns, rows: Object.entries(base.complexity), cards: true }),
    scaled && h("p", { class: "small quiet" }, "Theory is what a plain convolution would do; blocks, channels and pixels are whole numbers, so the two differ.")];
}

function count(number) {
  return [si(number), h("span", { class: "sub" }, exact(number))];
}

/** The scaled spec beside the net as it is. */
export function specs({ base, scaled }) {
  const model = scaled?.model ?? base.model;
  if (!model) return null;
  const stages = stageRows(base.model, scaled?.model);
  const json = h("details", {}, h("summary", {}, scaled ? "The scaled net as JSON, to be sent again" : "The net as JSON, to be sent again"),
    h("pre", { tabindex: 0, role: "region", "aria-label": "The net as JSON" }, h("code", {}, JSON.stringify(model))));
  return [h("h2", {}, scaled ? "The scaled net" : "The net"), h("p", {}, resolution(base.model, scaled?.model)), stages, json];
}

function resolution(base, scaled) {
  const pixels = ({ resolution }) => `${resolution} × ${resolution}`;
  if (!scaled) return `Images of ${pixels(base)} pixels.`;
  return base.resolution === scaled.resolution ? `Images of ${pixels(base)} pixels, as before.` : `Images of ${pixels(scaled)} pixels, where it had ${pixels(base)}.`;
}

const COLUMNS = [["depths", "Blocks"], ["widths", "Width"], ["group_ws", "Group width"], ["bot_muls", "Bottleneck"], ["exp_ratios", "Expansion"], ["kernels", "Kernel"], ["strides", "Stride"]];

function stageRows(base, scaled) {
  const model = scaled ?? base;
  if (!Array.isArray(model.depths)) return null;
  const rows = model.depths.map((_, index) => index);
  // A net whose base is described by other fields (a RegNet by its formula) has nothing to stand beside.
  const before = (name, index) => (scaled && Array.isArray(base[name]) && base[name].length === model.depths.length ? base[name][index] : null);
  const value = (name) => (index) => {
    const [old, now] = [before(name, index), model[name][index]];
    return old === null || old === now ? plain(now) : [h("span", { class: "quiet" }, `${plain(old)} → `), plain(now)];
  };
  const columns = COLUMNS.filter(([name]) => Array.isArray(model[name])).map(([name, title]) => ({ title, number: true, cell: value(name) }));
  return table({ caption: "Stages", hidden: true, rows, columns: [{ title: "Stage", head: true, cell: (index) => index + 1 }, ...columns] });
}

// Where the time of a net goes: by stage, by kind of layer, and what would save most of it.

import { post } from "./api.js";
import { fill, h } from "./dom.js";
import { duration, many, percent, plain, si, times } from "./format.js";
import { Panel } from "./panel.js";
import { platformOf } from "./platforms.js";
import { warnings } from "./predictions.js";
import { net, number, present, scaling } from "./request.js";
import { snippet } from "./snippet.js";
import { table } from "./table.js";

const DIMENSIONS = { d: "depth", w: "width", r: "resolution" };

/** Builds the view in `place`; returns what to call when the state changes. */
export function stages(place) {
  const panel = new Panel();
  fill(place, h("h2", {}, "Where the time goes"), panel.said, panel.found);
  return (now) => panel.show(async (signal) => {
    const body = present({ ...net(now), scaling: scaling(now), platform: await platformOf(now), mode: now.mode, family: now.family, dataset_images: number(now.images) });
    const answer = await post("/v1/explain", body, signal);
    const unknown = "No platform has timings of such nets yet, so nothing is known of where the time goes.";
    return {
      said: h("p", { class: "verdict" }, answer.sentence ? capital(answer.sentence) : unknown),
      found: [explained(answer), snippet({ path: "/v1/explain", body })],
    };
  });
}

function explained({ explanations: [first] }) {
  if (!first) return null;
  return [
    h("p", { class: "small quiet" }, `Of ${duration(first.epoch_seconds)} for an epoch on ${first.platform}. ${percent(first.constant_share)} belongs to no layer: it is the same for every image. “Moving maps” is reading and writing feature maps, “each step” what is done once a step; the greatest of the three is bold.`),
    h("h3", {}, "By stage"), shares("Stage", "Time by stage", first.stages),
    warnings([[first.platform, first.warnings]]),
    h("h3", {}, "By kind of layer"), shares("Kind of layer", "Time by kind of layer", first.kinds),
    first.remedies.length > 0 && [h("h3", {}, "What half the flops would save"), remedies(first.remedies)],
  ];
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

function shares(title, caption, rows) {
  const total = rows.reduce((sum, { flops }) => sum + flops, 0);
  const part = (name) => (row) => (row.bound_by === name ? h("strong", {}, percent(row[name])) : percent(row[name]));
  const columns = [
    { title, head: true, cell: (row) => [row.name, h("span", { class: "sub" }, many(row.layers, "layer"))] },
    { title: "Time", number: true, cell: (row) => h("strong", {}, percent(row.share)) },
    { title: "Moving maps", number: true, cell: part("memory") },
    { title: "Multiplying", number: true, cell: part("compute") },
    { title: "Each step", number: true, cell: part("per_step") },
    { title: "Flops", number: true, cell: (row) => [percent(row.flops / total), h("span", { class: "sub" }, si(row.flops))] },
    { title: "Acts", number: true, cell: (row) => si(row.acts) },
    { title: "Intensity", unit: "flops per element", number: true, cell: (row) => plain(row.intensity) },
  ];
  return table({ caption, hidden: true, columns, rows });
}

function remedies(rows) {
  const columns = [
    { title: "Less", head: true, cell: ({ strategy }) => DIMENSIONS[strategy] ?? strategy },
    { title: "Flops left", number: true, cell: (row) => percent(row.flops_ratio, 0) },
    { title: "Time left", number: true, cell: (row) => percent(row.time_ratio, 0) },
    { title: "Time saved for each flop saved", number: true, cell: (row) => times(row.time_saved_per_flop_saved) },
  ];
  return table({ caption: "Half the flops, by depth, width or resolution", hidden: true, columns, rows });
}

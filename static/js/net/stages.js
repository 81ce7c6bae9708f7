// Where the time of a net goes: by stage, by kind of layer, and what would save most of it.

import { post } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { capital, many, percent, plain, times } from "../core/format.js";
import { modeOf, naming, platformOf } from "../core/platforms.js";
import { duration, si } from "../core/quantity.js";
import { charted, net, present, scaling, scalingWord, sizes, unscalable } from "../core/request.js";
import { Chart } from "../parts/chart.js";
import { Panel } from "../parts/panel.js";
import { untimed, warnings } from "../parts/predictions.js";
import { snippet } from "../parts/snippet.js";
import { table } from "../parts/table.js";
import { cannot } from "./cannot.js";

/** @import { ExplainAnswer, ExplainedOn, Remedy } from "api" */
/** @import { Named } from "../core/platforms.js" */
/** @import { Params, State } from "../core/state.js" */
/** @import { Column } from "../parts/table.js" */
/** @typedef {ExplainedOn["stages"][number]} StageRow */

/** @type {Record<string, string>} */
const DIMENSIONS = { d: "depth", w: "width", r: "resolution" };

/** Builds the view in `place`; returns what to call when the state changes. @param {HTMLElement} place @param {State} state */
export function stages(place, state) {
  const panel = new Panel();
  const chart = new Chart("/v1/charts/stages");
  // The sentence of the view says the same in larger type.
  chart.sentence.classList.add("visually-hidden");
  fill(place, h("h2", {}, "Where the time goes"), panel.said, chart.element, panel.found);
  return (/** @type {Params} */ now) => panel.show(async (signal) => {
    const why = await unscalable(now);
    if (why) {
      chart.shown(null);
      return { found: cannot(why.replace("what is scaled is", "time is told apart by"), "it cannot be said where its time goes", state) };
    }
    const [platform, name] = await Promise.all([platformOf(now), naming(modeOf(now))]);
    chart.shown(platform ? { ...charted(now, platform), scaling: scalingWord(now) } : null);
    const body = present({ ...net(now), scaling: scaling(now), platform, mode: now.mode, family: now.family, dataset_images: sizes(now).dataset_images });
    /** @type {ExplainAnswer} */
    const answer = await post("/v1/explain", body, signal);
    return {
      said: answer.sentence ? h("p", { class: "verdict" }, capital(answer.sentence)) : untimed(now),
      found: [explained(answer, name), snippet({ path: "/v1/explain", body })],
    };
  }, () => chart.shown(null));
}

/** @param {ExplainAnswer} answer @param {(id: string) => Named} name */
function explained({ explanations: [first] }, name) {
  if (!first) return null;
  return [
    h("p", { class: "small quiet" }, `Of ${duration(first.epoch_seconds)} for an epoch on ${name(first.platform).title}. ${percent(first.constant_share)} belongs to no layer: it is the same for every image. “Moving maps” is reading and writing feature maps, “each step” what is done once a step; the greatest of the three is bold. Intensity is flops for each element read or written.`),
    h("h3", {}, "By stage"), shares("Stage", "Time by stage", first.stages),
    warnings([{ about: name(first.platform).title, warnings: first.warnings }]),
    h("h3", {}, "By kind of layer"), shares("Kind of layer", "Time by kind of layer", first.kinds),
    first.remedies.length > 0 && [h("h3", {}, "What half the flops would save"), remedies(first.remedies)],
  ];
}

/** @param {string} title @param {string} caption @param {StageRow[]} rows */
function shares(title, caption, rows) {
  const total = rows.reduce((sum, { flops }) => sum + flops, 0);
  /** @param {"memory" | "compute" | "per_step"} name */
  const part = (name) => (/** @type {StageRow} */ row) => (row.bound_by === name ? h("strong", {}, percent(row[name])) : percent(row[name]));
  /** @type {Column<StageRow>[]} */
  const columns = [
    { title, head: true, cell: (row) => [row.name, h("span", { class: "sub" }, many(row.layers, "layer"))] },
    { title: "Time", number: true, cell: (row) => h("strong", {}, percent(row.share)) },
    { title: "Moving maps", number: true, cell: part("memory") },
    { title: "Multiplying", number: true, cell: part("compute") },
    { title: "Each step", number: true, cell: part("per_step") },
    { title: "Flops", number: true, cell: (row) => [percent(row.flops / total), h("span", { class: "sub" }, si(row.flops))] },
    { title: "Acts", number: true, cell: (row) => si(row.acts) },
    { title: "Intensity", number: true, cell: (row) => plain(row.intensity) },
  ];
  return table({ caption, hidden: true, columns, rows });
}

/** @param {Remedy[]} rows */
function remedies(rows) {
  /** @type {Column<Remedy>[]} */
  const columns = [
    { title: "Less", head: true, cell: ({ strategy }) => DIMENSIONS[strategy] ?? strategy },
    { title: "Flops left", number: true, cell: (row) => percent(row.flops_ratio, 0) },
    { title: "Time left", number: true, cell: (row) => percent(row.time_ratio, 0) },
    { title: "Time saved for each flop saved", number: true, cell: (row) => times(row.time_saved_per_flop_saved) },
  ];
  return table({ caption: "Half the flops, by depth, width or resolution", hidden: true, columns, rows });
}

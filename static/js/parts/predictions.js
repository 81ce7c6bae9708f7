// Predicted times: the sentence, the table over platforms, the warnings in words, and what each stands on.

import { h } from "../core/dom.js";
import { between, duration, many, MODES, percent, plain, times } from "../core/format.js";
import { intervals } from "./intervals.js";
import { netWords, scalingWords } from "../core/request.js";
import { table } from "./table.js";

/** The answer in one sentence, of the first prediction. */
export function verdict(answer, state) {
  const [first] = answer.predictions;
  if (!first) return untimed(state);
  const net = [answer.base.name ?? netWords(state), scalingWords(state)].filter(Boolean).join(", ");
  const { low_seconds: low, high_seconds: high, level } = first.interval;
  const what = first.mode === "infer" ? "One forward pass over the data" : "One training epoch";
  const ratio = answer.scaled && first.base_epoch_seconds
    ? ` For ${times(answer.scaled.ratios.flops)} the flops it takes ${times(first.epoch_seconds / first.base_epoch_seconds)} the time.` : "";
  return h("p", { class: "verdict" }, `${what} of ${net} takes `, h("strong", {}, duration(first.epoch_seconds)), ` on ${first.platform}; ${odds(level)} between ${between(low, high, first.epoch_seconds, "and")}.${ratio}`);
}

/** What is said where no platform has timings of the mode. */
export function untimed({ mode }) {
  return h("p", { class: "verdict" }, `No platform has ${MODES[mode] ?? mode} timings yet, so no time can be predicted; counts and ratios can. `, h("a", { href: "/upload" }, "Send the first timings"), ".");
}

function odds(level) {
  return level === 0.9 ? "nine times in ten" : `in ${percent(level, 0)} of cases`;
}

/** The table of predictions, their warnings below. */
export function predictions(answer) {
  const rows = answer.predictions;
  if (!rows.length) return null;
  const figure = intervals(rows);
  const level = rows[0].interval.level;
  const columns = [
    { title: "Platform", head: true, cell: named },
    { title: "Epoch", number: true, cell: (row) => h("strong", {}, duration(row.epoch_seconds)) },
    { title: `${percent(level, 0)} interval`, number: true, cell: (row) => between(row.interval.low_seconds, row.interval.high_seconds, row.epoch_seconds) },
    { title: "", class: "figure-cell", cell: figure },
    { title: "Images", unit: "per s", number: true, cell: (row) => plain(row.images_per_second) },
  ];
  if (answer.scaled) {
    columns.splice(4, 0,
      { title: "Unscaled", number: true, cell: (row) => (row.base_epoch_seconds ? duration(row.base_epoch_seconds) : "–") },
      { title: "Ratio", number: true, cell: (row) => (row.base_epoch_seconds ? times(row.epoch_seconds / row.base_epoch_seconds) : "–") });
  }
  return [table({ caption: "Predicted epoch on each platform", hidden: true, columns, rows, cards: true }), warnings(rows.map((row) => [row.platform, row.warnings]))];
}

/** A platform, as a link to its evidence where there is any: a GPU that was never timed has none. */
function named({ platform, mode }) {
  if (platform.startsWith("gpu:")) return platform;
  return h("a", { href: `/platforms/${encodeURIComponent(platform)}?mode=${mode}` }, platform);
}

/** What is to be known before trusting a prediction: the warnings, as pairs of what they are about and themselves. */
export function warnings(pairs) {
  const said = pairs.flatMap(([about, warnings]) => warnings.map(({ detail }) => `${about}: ${detail}.`));
  if (!said.length) return null;
  return h("div", { class: "note" }, h("p", {}, h("strong", {}, "Before you trust it")),
    h("ul", { class: "notes" }, said.map((text) => h("li", {}, text))));
}

const PARTS = { memory: "moving activations", compute: "multiplying", per_step: "work of each step", constant: "fixed", depthwise: "depthwise convolutions" };

/** What each prediction stands on: timings, error, shares, nearest nets. */
export function grounds(answer) {
  if (!answer.predictions.length) return null;
  const columns = [
    { title: "Platform", head: true, cell: (row) => row.platform },
    { title: "Timings", number: true, cell: ({ fit }) => [many(fit.measurements, "timing"), h("span", { class: "sub" }, `${fit.group_measurements} of ${fit.group}`)] },
    { title: "Off by", number: true, cell: ({ fit }) => (fit.cross_validated_error === null ? "–" : percent(fit.cross_validated_error)) },
    { title: "Time goes into", cell: ({ fit }) => shares(fit.shares) },
    { title: "Nearest that were timed", cell: (row) => nearest(row) },
  ];
  // Which net it is follows from its costs, or from its label: the same on every platform.
  const known = answer.predictions.find(({ fit }) => fit.published)?.fit.published;
  return h("details", {}, h("summary", {}, "What these stand on"),
    known && h("p", { class: "small quiet" }, `By its costs this is ${known} as published: what its layers read and write is counted.`),
    h("p", { class: "small quiet" }, "“Off by” is the mean error for nets that were left out of the fit. The nearest nets lead to their measurements."),
    table({ caption: "What each prediction stands on", hidden: true, columns, rows: answer.predictions, cards: true }));
}

function shares(shares) {
  return [...shares].sort((a, b) => b.share - a.share).filter(({ share }) => share >= 0.005)
    .map(({ part, share }) => `${percent(share, 0)} ${PARTS[part] ?? part.replaceAll("_", " ")}`).join(", ") || "–";
}

function nearest({ platform, mode, fit }) {
  if (!fit.nearest.length) return "–";
  // What a GPU without timings is predicted by was timed elsewhere.
  const link = ({ measurement, epoch_seconds: epoch }) => (platform.startsWith("gpu:") ? duration(epoch)
    : h("a", { href: `/platforms/${encodeURIComponent(platform)}?mode=${mode}&measurement=${measurement}` }, duration(epoch)));
  return fit.nearest.map((near, index) => [index ? ", " : "", link(near)]);
}

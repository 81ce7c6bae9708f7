// Predicted times: the sentence, the table over GPUs, the warnings in words, and what each stands on.

import { fill, h } from "../core/dom.js";
import { exact, many, MODES, percent, plain, times } from "../core/format.js";
import { modeOf } from "../core/platforms.js";
import { priceOf } from "../core/prices.js";
import { between, bytes, column, duration, money } from "../core/quantity.js";
import { netWords, scalingWords } from "../core/request.js";
import { intervals, legend } from "./intervals.js";
import { table } from "./table.js";

/** @import { FitRow, Memory, NearestRow, PredictAnswer, PredictionRow, ShareRow, Warning } from "api" */
/** @import { Child } from "../core/dom.js" */
/** @import { Named } from "../core/platforms.js" */
/** @import { Params } from "../core/state.js" */
/** @import { Column } from "./table.js" */

/**
 * What the table needs beside the answer: the state, what ids mean, the memory of a step by ids, which may still be on its
 * way, and why the net was not scaled where it was to be.
 *
 * @typedef {{now: Params, name: (id: string) => Named, memory: Map<string, Promise<Memory | null>>, why: string | null}} Beside
 */

/**
 * The answer in one sentence, about the first GPU.
 *
 * @param {PredictAnswer} answer
 * @param {Beside} beside
 */
export function verdict(answer, { now, name, why }) {
  const [first] = answer.predictions;
  if (!first) return untimed(now);
  const net = [answer.base.name ?? netWords(now), scalingWords(now)].filter(Boolean).join(", ");
  const { low_seconds: low, high_seconds: high, level } = first.interval;
  const what = first.mode === "infer" ? "One forward pass over the data" : "One training epoch";
  const ratio = answer.scaled && first.base_epoch_seconds
    ? ` For ${times(answer.scaled.ratios.flops)} the flops it takes ${times(first.epoch_seconds / first.base_epoch_seconds)} the time.` : "";
  return h("p", { class: "verdict" }, `${what} of ${net} takes `, h("strong", {}, duration(first.epoch_seconds)), ` on ${name(first.platform).title}; ${odds(level)} between ${between(low, high, first.epoch_seconds, "and")}.${ratio}${why ? ` ${why}: it is predicted as it is.` : ""}`);
}

/** What is said where no platform has timings of the mode. @param {Params} state */
export function untimed(state) {
  return h("p", { class: "verdict" }, `No platform has ${MODES[modeOf(state)]} timings yet, so no time can be predicted; counts and ratios can. `, h("a", { href: "/upload" }, "Send the first timings"), ".");
}

/** @param {number} level */
function odds(level) {
  return level === 0.9 ? "nine times in ten" : `in ${percent(level, 0)} of cases`;
}

/**
 * The table of predictions, their warnings below.
 *
 * @param {PredictAnswer} answer
 * @param {Beside} beside
 */
export function predictions(answer, { now, name, memory }) {
  const rows = answer.predictions;
  if (!rows.length) return null;
  const { axis, draw } = intervals(rows);
  const level = rows[0].interval.level;
  const { unit, write } = column(rows.map((row) => row.epoch_seconds));
  /** @type {(Column<PredictionRow> | false)[]} */
  const columns = [
    { title: "GPU", head: true, cell: (row) => named(row, name(row.platform)) },
    { title: "Epoch", unit, number: true, cell: (row) => [h("strong", {}, write(row.epoch_seconds)), h("span", { class: "sub" }, `${write(row.interval.low_seconds)} to ${write(row.interval.high_seconds)}`)] },
    { title: [h("span", { class: "visually-hidden" }, "Interval on a common axis"), axis], class: "figure-cell", cell: draw },
    Boolean(answer.scaled) && { title: "Unscaled", unit, number: true, cell: (row) => (row.base_epoch_seconds ? [write(row.base_epoch_seconds), h("span", { class: "sub" }, `now ${times(row.epoch_seconds / row.base_epoch_seconds)}`)] : "–") },
    memory.size > 0 && { title: "Memory", number: true, cell: (row) => later(memory.get(row.platform), (found) => remembered(found, name(row.platform), now)) },
    rows.some((row) => priceOf(now, row.platform)) && { title: "Cost of an epoch", number: true, cell: (row) => cost(row, now) },
  ];
  return [table({ caption: "Predicted epoch on each GPU", hidden: true, columns: columns.filter((one) => one !== false), rows, cards: true }), legend(level, Boolean(answer.scaled)),
    warnings(rows.map((row) => ({ about: name(row.platform).title, warnings: row.warnings })))];
}

/** A platform in words, as a link to its evidence where there is any. @param {PredictionRow} row @param {Named} named */
function named({ platform, mode, usual_batch_size: batch }, { title, about, timed }) {
  const name = timed ? h("a", { href: `/platforms/${encodeURIComponent(platform)}?mode=${mode}` }, title) : title;
  return [name, h("span", { class: "sub" }, about), batch ? h("span", { class: "sub" }, `steps of about ${many(batch, "image")}`) : null];
}

/**
 * What `show` makes of `coming`, once it is there.
 *
 * @param {Promise<Memory | null> | undefined} coming
 * @param {(found: Memory | null) => Child} show
 */
function later(coming, show) {
  const place = h("span", { "aria-busy": "true" }, "…");
  Promise.resolve(coming ?? null).then((found) => {
    fill(place, show(found));
    place.removeAttribute("aria-busy");
  });
  return place;
}

/** What a step takes, or how large it may be. @param {Memory | null} memory @param {Named} named @param {Params} now */
function remembered(memory, { memory: size, devices }, now) {
  if (!memory) return "–";
  const there = size ? ` in ${bytes(size)}` : "";
  const each = devices > 1 ? " on each device" : "";
  if (now.batch) {
    const over = size !== null && memory.largest_batch !== null && memory.largest_batch !== undefined && memory.images > memory.largest_batch;
    return [over ? h("strong", { class: "over" }, bytes(memory.bytes)) : bytes(memory.bytes), h("span", { class: "sub" }, `for ${many(memory.images, "image")}${each}${over ? `: does not fit${there}` : ""}`)];
  }
  if (memory.largest_batch === null || memory.largest_batch === undefined) return [bytes(memory.fixed_bytes), h("span", { class: "sub" }, `and ${bytes(memory.bytes_per_image)} an image`)];
  if (memory.largest_batch === 0) return [h("strong", { class: "over" }, bytes(memory.bytes)), h("span", { class: "sub" }, `for one image: does not fit${there}`)];
  return [`${exact(memory.largest_batch)} images`, h("span", { class: "sub" }, `${each.trim()} fit${there}`.trim())];
}

/** @param {PredictionRow} row @param {Params} now */
function cost({ platform, epoch_seconds: seconds }, now) {
  const price = priceOf(now, platform);
  return price ? money(price.value * seconds / 3600, price.currency) : "–";
}

/**
 * What is to be known before trusting a prediction: the warnings, and what they are about. Each thing is said once.
 *
 * @param {{about: string, warnings: Warning[]}[]} all
 */
export function warnings(all) {
  /** @type {Map<string, string[]>} */
  const said = new Map();
  for (const { about, warnings } of all) for (const { detail } of warnings) said.set(detail, [...new Set([...said.get(detail) ?? [], about])]);
  if (!said.size) return null;
  return h("div", { class: "note" }, h("p", {}, h("strong", {}, "Before you trust it")),
    h("ul", { class: "notes" }, [...said].map(([detail, about]) => h("li", {}, `${about.join(", ")}: ${detail}.`))));
}

/** @type {Record<string, string>} */
const PARTS = { memory: "moving activations", compute: "multiplying", per_step: "work of each step", constant: "fixed", depthwise: "depthwise convolutions" };

/**
 * What each prediction stands on: timings, error, shares, nearest nets.
 *
 * @param {PredictAnswer} answer
 * @param {(id: string) => Named} name
 */
export function grounds(answer, name) {
  if (!answer.predictions.length) return null;
  /** @type {Column<PredictionRow>[]} */
  const columns = [
    { title: "GPU", head: true, cell: (row) => name(row.platform).title },
    { title: "Images", unit: "per s", number: true, cell: (row) => plain(row.images_per_second) },
    { title: "Timings", number: true, cell: ({ fit }) => [many(fit.measurements, "timing"), h("span", { class: "sub" }, `${fit.group_measurements} of ${fit.group}`)] },
    { title: "Off by", number: true, cell: ({ fit }) => off(fit) },
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

/** @param {FitRow} fit */
const off = ({ cross_validated_error: error }) => (typeof error === "number" ? percent(error) : "–");

/** @param {ShareRow[]} shares */
function shares(shares) {
  return [...shares].sort((a, b) => b.share - a.share).filter(({ share }) => share >= 0.005)
    .map(({ part, share }) => `${percent(share, 0)} ${PARTS[part] ?? part.replaceAll("_", " ")}`).join(", ") || "–";
}

/** @param {PredictionRow} row @returns {Child} */
function nearest({ platform, mode, fit }) {
  if (!fit.nearest.length) return "–";
  // What a GPU without timings is predicted by was timed elsewhere.
  const link = (/** @type {NearestRow} */ { measurement, epoch_seconds: epoch }) => (platform.startsWith("gpu:") ? duration(epoch)
    : h("a", { href: `/platforms/${encodeURIComponent(platform)}?mode=${mode}&measurement=${measurement}` }, duration(epoch)));
  return fit.nearest.map((near, index) => [index ? ", " : "", link(near)]);
}

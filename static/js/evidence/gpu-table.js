// Platforms that were timed and GPUs that are known by their data sheets, in one table.

import { post } from "../core/api.js";
import { h } from "../core/dom.js";
import { device, MODES, percent, plain, setup } from "../core/format.js";
import { gpus, platforms, sheet } from "../core/platforms.js";
import { bytes, column } from "../core/quantity.js";
import { State } from "../core/state.js";
import { listing } from "../parts/listing.js";
import { snippet } from "../parts/snippet.js";

/** @import { GpuRow, Mode, PlatformRow, PredictAnswer, PredictionRow } from "api" */
/** @import { Sortable } from "../parts/listing.js" */
/** @typedef {{id: string, title: string, about: string, timed: PlatformRow | null, elsewhere: string[], gpu: GpuRow | undefined, epoch: PredictionRow | undefined}} Row */

/** The net whose epoch is shown beside each: everybody has trained it. */
const NET = "ResNet-50";
/** Platforms that one question may name. */
const MOST = 256;
/** @type {Mode[]} */
const MODE_NAMES = ["train", "infer"];

/** The table, and what is to be said of it. */
export async function gpuTable() {
  const [timed, sheets] = await Promise.all([platforms(), gpus()]);
  const known = timed.map((platform) => ofPlatform(platform, sheets)).sort((a, b) => rank(b) - rank(a));
  const rows = await withEpochs([...known, ...sheets.map(ofSheet)]);
  const { unit, write } = column(rows.flatMap(({ epoch }) => (epoch ? [epoch.epoch_seconds] : [])));
  /** @type {Sortable<Row>[]} */
  const columns = [
    { title: "GPU", head: true, sort: "name", by: ({ title }) => title, cell: named },
    { title: "Timings", number: true, sort: "timings", by: ({ timed }) => timed && count(timed), cell: told },
    { title: "Off by", number: true, sort: "off", by: ({ timed }) => timed && (errors(timed)[0]?.error ?? null), cell: off },
    { title: "Memory", number: true, sort: "memory", by: ({ gpu }) => gpu?.memory_bytes ?? null, cell: ({ gpu }) => (gpu ? bytes(gpu.memory_bytes) : "–") },
    { title: "Bandwidth", unit: "GB/s", number: true, sort: "bandwidth", by: ({ gpu }) => gpu?.bandwidth_gigabytes_per_second ?? null, cell: ({ gpu }) => (gpu ? plain(gpu.bandwidth_gigabytes_per_second) : "–") },
    { title: `Epoch of ${NET}`, unit, number: true, sort: "epoch", by: ({ epoch }) => epoch?.epoch_seconds ?? null, cell: ({ epoch }) => (epoch ? [write(epoch.epoch_seconds), h("span", { class: "sub" }, `${write(epoch.interval.low_seconds)} to ${write(epoch.interval.high_seconds)}`)] : "–") },
    { title: "Ask", cell: ({ id, title, timed }) => h("a", { href: `/?platform=${encodeURIComponent(id)}${onlyInfers(timed) ? "&mode=infer" : ""}`, "aria-label": `Predict a net on ${title}, ${id}` }, "Predict") },
  ];
  const list = h("section", {});
  listing(list, {
    state: new State({}), caption: "GPUs", noun: "choice", columns, rows, search: { label: "GPU or platform", placeholder: "H100" },
    choices: [{ name: "known", label: "Known", options: [["", "by timings or data sheet"], ["timings", "by timings"], ["sheet", "by data sheet"]], takes: ({ timed }, value) => Boolean(timed) === (value === "timings") }],
    words: ({ id, title, about, gpu, timed }) => [id, title, about, gpu?.device, gpu?.id, timed?.framework ?? ""],
  });
  return [list,
    h("p", { class: "small quiet" }, "“Off by” is the mean error of predictions for nets that were left out of the fit. What goes by its data sheet is the time of the timed platform that is most like it, scaled by bandwidth, arithmetic and software: where that could be checked, half of the timings of a GPU were 5 to 53 % off or less, and the interval allows for that. Memory and bandwidth are of one device."),
    h("p", {}, h("a", { href: "/upload" }, "Send timings"), " of a GPU that is missing, or of one that goes by its data sheet."),
    snippet({ path: "/v1/gpus" })];
}

/** @param {PlatformRow} platform @param {GpuRow[]} sheets @returns {Row} */
const ofPlatform = (platform, sheets) => ({ id: platform.id, title: device(platform), about: `${platform.id}: ${setup(platform)}`, timed: platform, elsewhere: [], gpu: sheet(sheets, platform.id), epoch: undefined });

/** @param {GpuRow} gpu @returns {Row} */
const ofSheet = (gpu) => ({ id: `gpu:${gpu.id}`, title: gpu.device, about: `gpu:${gpu.id}: mixed precision, unless another is named`, timed: null, elsewhere: gpu.timed, gpu, epoch: undefined });

/** @param {PlatformRow} platform */
const count = ({ measurements: { train, infer } }) => train + infer;

/** Most timings first; those of a GPU that nobody has heard of last. @param {Row} row */
const rank = ({ gpu, timed }) => (gpu ? 1e12 : 0) + (timed ? count(timed) : 0);

/** @param {PlatformRow | null} platform */
const onlyInfers = (platform) => platform !== null && platform.measurements.train === 0 && platform.measurements.infer > 0;

/** @param {PlatformRow} platform */
const errors = ({ cross_validated_error: errors }) => MODE_NAMES.flatMap((mode) => {
  const error = errors[mode];
  return typeof error === "number" ? [{ mode, error }] : [];
});

/** @param {Row} row */
function named({ id, title, about }) {
  return [h("a", { href: `/platforms/${encodeURIComponent(id)}` }, title), h("span", { class: "sub" }, about)];
}

/** @param {Row} row */
function told({ timed, elsewhere }) {
  if (!timed) return ["by data sheet", elsewhere.length > 0 && h("span", { class: "sub" }, `timed as ${elsewhere.join(", ")}`)];
  if (!count(timed)) return "none yet";
  return MODE_NAMES.filter((mode) => timed.measurements[mode]).map((mode, index) => {
    const words = `${timed.measurements[mode]} ${MODES[mode]}`;
    return index ? h("span", { class: "sub" }, words) : words;
  });
}

/** @param {Row} row */
function off({ timed }) {
  const all = timed ? errors(timed) : [];
  return all.length ? all.map(({ error }, index) => (index ? h("span", { class: "sub" }, percent(error)) : percent(error))) : "–";
}

/** `rows` with the predicted training epoch of a net that everybody knows, where one can be predicted. @param {Row[]} rows */
async function withEpochs(rows) {
  // Data sheets compare GPUs: without any timing they say no time.
  if (!rows.some(({ timed }) => timed && timed.measurements.train > 0)) return rows;
  const asked = rows.filter(({ timed }) => !timed || timed.measurements.train > 0).map(({ id }) => id).slice(0, MOST);
  /** @type {PredictAnswer} */
  const answer = await post("/v1/predict", { model: { name: NET }, platform: asked });
  const epochs = new Map(answer.predictions.map((row) => [row.platform, row]));
  return rows.map((row) => ({ ...row, epoch: epochs.get(row.id) }));
}

// The platforms and GPUs that a question may name, and which of them a page is about.

import { known } from "./api.js";
import { device, many, MODES, percent } from "./format.js";

/** @import { GpuRow, Mode, PlatformRow } from "api" */
/** @import { Params } from "./state.js" */

/** All platforms, asked for once. @returns {Promise<PlatformRow[]>} */
export async function platforms() {
  return (await known("/v1/platforms")).platforms;
}

/** All GPUs whose data sheets are known, asked for once. @returns {Promise<GpuRow[]>} */
export async function gpus() {
  return (await known("/v1/gpus")).gpus;
}

/** The mode that the state names. @param {Params} state @returns {Mode} */
export const modeOf = (state) => (state.mode === "infer" ? "infer" : "train");

/** The GPU that a platform is, where its data sheet is known: by the platform's id, or by `gpu:NAME:…`. @param {GpuRow[]} all @param {string} id */
export const sheet = (all, id) => all.find((gpu) => gpu.timed.includes(id) || id === `gpu:${gpu.id}` || id.startsWith(`gpu:${gpu.id}:`));

/**
 * Timed platforms of the mode, the best known first: those whose data sheet is known, against which their timings could be
 * held, then those with most timings. The order of names says nothing.
 *
 * @param {Params} state
 */
export async function timed(state) {
  const [all, sheets] = await Promise.all([platforms(), gpus()]);
  const mode = modeOf(state);
  const rank = (/** @type {PlatformRow} */ { id, measurements }) => (sheet(sheets, id) ? 1e12 : 0) + measurements[mode];
  return all.filter(({ measurements }) => measurements[mode] > 0).sort((a, b) => rank(b) - rank(a));
}

/** What is shown beside the best known where nothing is chosen: a GPU that people ask for first. */
const ASKED_FOR = ["gpu:a100-80gb", "gpu:h100"];

/**
 * The ids that the state names, else the best known two and what people ask for first; none where nothing was timed.
 *
 * @param {Params} state
 */
export async function chosen(state) {
  if (state.platform) return state.platform.split(",").filter(Boolean);
  const best = (await timed(state)).slice(0, 2).map(({ id }) => id);
  return best.length ? [...best, ...ASKED_FOR] : [];
}

/**
 * The id of the platform that a page about one is about: the first that the state names, else the best known; undefined
 * where there is none.
 *
 * @param {Params} state
 */
export async function platformOf(state) {
  return (await chosen(state))[0];
}

/**
 * How many devices a platform has: a GPU by its data sheet is one.
 *
 * @param {string | undefined} id
 */
export async function devicesOf(id) {
  return (await platforms()).find((platform) => platform.id === id)?.device_count ?? 1;
}

/** @typedef {{title: string, about: string, timed: boolean, memory: number | null, devices: number}} Named */

/**
 * A function that says what an id means to people: the device, and what is known of it in the mode.
 *
 * @param {Mode} mode
 * @returns {Promise<(id: string) => Named>}
 */
export async function naming(mode) {
  const [all, sheets] = await Promise.all([platforms(), gpus()]);
  return (id) => {
    const gpu = sheet(sheets, id);
    const platform = all.find((platform) => platform.id === id);
    const memory = gpu?.memory_bytes ?? null;
    if (platform) return { title: short(device(platform)), about: `${platform.id}: ${evidence(platform, mode)}`, timed: true, memory, devices: platform.device_count };
    const how = recipe(id);
    return { title: [short(gpu?.device ?? id), how].filter(Boolean).join(", "), about: gpu ? `${id}: by its data sheet, as ${whole(id)}` : `${id}: not known here`, timed: false, memory, devices: 1 };
  };
}

/** What words of a recipe mean to people; all others are as they are. @type {Record<string, string>} */
const WORDS = { amp: "mixed precision", amp_bf16: "mixed precision in bfloat16", channels_first: "channels first", channels_last: "channels last" };

/** The recipe that a GPU is asked for in. @param {string} id */
export const recipe = (id) => id.split(":").slice(2).map((word) => WORDS[word] ?? word).join(", ");

/** The words of each part of a recipe; the first is meant where none is said. */
const PARTS = [["amp", "amp_bf16", "fp16", "bf16", "tf32", "fp32"], ["channels_first", "channels_last"], ["eager", "compiled", "tuned"]];

/** The same with what is unsaid. @param {string} id */
function whole(id) {
  const words = id.split(":").slice(2);
  return PARTS.map((part) => part.find((word) => words.includes(word)) ?? part[0]).map((word) => WORDS[word] ?? word).join(", ");
}

/** A device without its maker, as people say it. @param {string} device */
const short = (device) => device.replace(/NVIDIA (GeForce )?/, "");

/** @param {PlatformRow} platform @param {Mode} mode */
function evidence({ measurements, cross_validated_error: errors }, mode) {
  const error = errors[mode];
  const off = typeof error === "number" ? `, off by ${percent(error)} on average` : "";
  return measurements[mode] ? `${many(measurements[mode], "timing")}${off}` : `no ${MODES[mode]} timings`;
}

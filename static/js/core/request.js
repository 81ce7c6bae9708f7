// From the state in a page's URL to what /v1 is asked.

import { known } from "./api.js";
import { amount, read } from "./quantity.js";

/** @import { ModelRow } from "api" */
/** @import { Params } from "./state.js" */
/** @typedef {Record<string, unknown>} Body */

/** What a page about a net shows where its URL does not say. */
export const DEFAULTS = { model: "RegNetY-4GF", strategy: "dWr", factor: "4", mode: "train" };

/** A mistake in what was typed, in words for the page. */
export class Mistake extends Error {
  requestId = null;
}

/**
 * The net that the state describes: `{model}` with a name or a description, or `{complexity}`, costs alone; throws where a
 * pasted text cannot be read.
 *
 * @param {Params} state
 * @returns {{model: unknown} | {complexity: unknown}}
 */
export function net(state) {
  if (!state.spec) return { model: { name: state.model } };
  let spec;
  try {
    spec = JSON.parse(state.spec);
  } catch (error) {
    throw new Mistake(`The description cannot be read, so there is nothing to predict: ${error instanceof Error ? error.message : error}`);
  }
  if (spec && typeof spec === "object" && "flops" in spec) return { complexity: spec };
  return { model: spec?.model ?? spec };
}

/** What the service knows of a named net; null where it knows none of the name, which a prediction is then told in words. @param {string} name @returns {Promise<ModelRow | null>} */
const row = (name) => known(`/v1/models/${encodeURIComponent(name)}`).catch(() => null);

/**
 * Why the net of the state cannot be scaled, in words; null where it can be, as far as is known here.
 *
 * @param {Params} state
 */
export async function unscalable(state) {
  if (state.spec) {
    let costs;
    try {
      costs = "complexity" in net(state);
    } catch {
      return null;
    }
    return costs ? "Only the costs of your net are given, and what is scaled is its layers" : null;
  }
  const found = state.model ? await row(state.model) : null;
  return found && !found.can_be_scaled ? `Only the costs of ${found.name} are known here, and what is scaled is a net's layers` : null;
}

/**
 * The state as it is answered: without a scaling where the net cannot be scaled.
 *
 * @param {Params} state
 * @returns {Promise<{now: Params, why: string | null}>}
 */
export async function answerable(state) {
  const why = await unscalable(state);
  return { now: why ? { ...state, strategy: "none", alpha: undefined } : state, why };
}

/** The scaling that the state describes, null where there is none. @param {Params} state */
export function scaling(state) {
  if (state.strategy === "none" && !state.alpha) return null;
  const factor = factorOf(state);
  return state.alpha ? { alpha: number(state.alpha), factor } : { strategy: state.strategy, factor };
}

/** The factor of the state; what is none is told at once. @param {Params} state */
function factorOf(state) {
  const found = read(state.factor, "factor");
  if (found && "error" in found) throw new Mistake(`${found.error}.`);
  return found?.value ?? 1;
}

/** The scaling in words, for sentences: "scaled 4× by dWr". @param {Params} state */
export function scalingWords(state) {
  if (state.strategy === "none" && !state.alpha) return "";
  const factor = amount(state.factor, "factor") ?? 1;
  return `scaled ${Number(factor.toPrecision(4))}× by ${state.alpha ? `α = ${state.alpha}` : state.strategy}`;
}

/** The net in words. @param {Params} state */
export function netWords(state) {
  return state.spec ? "your net" : state.model ?? "";
}

/** What every question about the state's net carries. @param {Params} state */
export function common(state) {
  return { ...net(state), mode: state.mode, family: state.family, ...sizes(state), interval: number(state.level) };
}

/** The images of an epoch and of a step; what is none is told at once. @param {Params} state */
export function sizes(state) {
  return { dataset_images: sized("Images in an epoch", state.images, "count"), batch_size: sized("Batch size", state.batch, "whole") };
}

/** @param {string} label @param {string | undefined} text @param {"count" | "whole"} kind */
function sized(label, text, kind) {
  const found = read(text, kind);
  if (found && "error" in found) throw new Mistake(`${label}: ${found.error}.`);
  return found && Math.round(found.value);
}

/** The body of /v1/predict on `platform`, one or several. @param {Params} state @param {string | string[] | undefined} platform */
export function prediction(state, platform) {
  return present({ ...common(state), scaling: scaling(state), platform });
}

/** The parameters of a chart of one net, on `platform`. @param {Params} state @param {string | undefined} platform */
export function charted(state, platform) {
  const net = state.spec ? { spec: state.spec } : { model: state.model };
  return { ...net, platform, mode: state.mode, dataset_images: sizes(state).dataset_images };
}

/** The scaling as one word, such as dWr:4 or a0.7:4; null where there is none. @param {Params} state */
export function scalingWord(state) {
  if (state.strategy === "none" && !state.alpha) return null;
  return `${state.alpha ? `a${state.alpha}` : state.strategy}:${factorOf(state)}`;
}

/** `object` without what is empty. @param {Body} object @returns {Body} */
export function present(object) {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null && value !== undefined && value !== ""));
}

/** The number that `text` is; text that is none is left, for the server to name the field. @param {string | undefined} text */
export function number(text) {
  if (text === undefined || text === "") return null;
  const plain = Number(text.replaceAll(/(\d),(?=\d{3})/g, "$1"));
  return Number.isFinite(plain) ? plain : text;
}

// From the state in a page's URL to what /v1 is asked.

import { plain } from "./format.js";

/** What a page about a net shows where its URL does not say. */
export const DEFAULTS = { model: "RegNetY-4GF", strategy: "dWr", factor: "4", mode: "train" };

/** The net that the state describes: `{name}`, a description, or costs alone; throws where a pasted text cannot be read. */
export function net(state) {
  if (!state.spec) return { model: { name: state.model } };
  let spec;
  try {
    spec = JSON.parse(state.spec);
  } catch (error) {
    throw Object.assign(new Error(`The pasted net is not JSON: ${error.message}`), { requestId: null });
  }
  if (spec && typeof spec === "object" && "flops" in spec) return { complexity: spec };
  return { model: spec?.model ?? spec };
}

/** The net that the state describes, of which more than its costs is to be known. */
export function layered(state) {
  const asked = net(state);
  if (asked.model) return asked;
  const detail = "Costs alone say nothing of layers: their time can be predicted, but they are neither scaled nor explained. Describe the net by its fields.";
  throw Object.assign(new Error(detail), { requestId: null });
}

/** Whether the state asks for a scaled form: costs alone have none. */
function scaled(state) {
  if (state.strategy === "none" && !state.alpha) return false;
  try {
    return !net(state).complexity;
  } catch {
    return true;
  }
}

/** The scaling that the state describes, null where there is none. */
export function scaling(state) {
  if (!scaled(state)) return null;
  const factor = number(state.factor);
  return state.alpha ? { alpha: number(state.alpha), factor } : { strategy: state.strategy, factor };
}

/** The scaling in words, for sentences: "scaled 4x by dWr". */
export function scalingWords(state) {
  if (!scaled(state)) return "";
  return `scaled ${plain(Number(state.factor))}× by ${state.alpha ? `α = ${state.alpha}` : state.strategy}`;
}

/** The net in words. */
export function netWords(state) {
  return state.spec ? "your net" : state.model;
}

/** The body of /v1/predict. */
export function prediction(state) {
  return present({
    ...net(state), scaling: scaling(state), mode: state.mode, platform: state.platform, family: state.family,
    dataset_images: number(state.images), batch_size: number(state.batch), interval: number(state.level),
  });
}

/** The parameters of a chart of one net, on `platform`. */
export function charted(state, platform) {
  const net = state.spec ? { spec: state.spec } : { model: state.model };
  return { ...net, platform, mode: state.mode, dataset_images: state.images };
}

/** The scaling as one word, such as dWr:4 or a0.7:4; null where there is none. */
export function scalingWord(state) {
  if (!scaled(state)) return null;
  return `${state.alpha ? `a${state.alpha}` : state.strategy}:${state.factor}`;
}

/** `object` without what is empty. */
export function present(object) {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null && value !== undefined && value !== ""));
}

/** The number that `text` is; text that is none is left, for the server to name the field. */
export function number(text) {
  if (text === undefined || text === null || text === "") return null;
  return Number.isFinite(Number(text)) ? Number(text) : text;
}

// The answer to the question in a page's address: predicted times on the chosen GPUs, and the memory beside each.

import { Problem, post, postFile, query } from "../core/api.js";
import { chosen, modeOf, naming } from "../core/platforms.js";
import { answerable, common, netWords, number, prediction, present, scaling, scalingWords, sizes } from "../core/request.js";

/** @import { CompareAnswer, Memory, PredictAnswer } from "api" */
/** @import { Params } from "../core/state.js" */
/** @import { Beside } from "../parts/predictions.js" */

/**
 * Asks for the predictions of `state`; the memory beside each comes when it comes.
 *
 * @param {Params} state
 * @param {AbortSignal} signal
 * @returns {Promise<{answer: PredictAnswer, body: object, beside: Beside}>}
 */
export async function ask(state, signal) {
  const { now, why } = await answerable(state);
  try {
    return await answered(now, why, signal);
  } catch (error) {
    const refused = refusal(error, now);
    if (!refused) throw error;
    return answered({ ...now, strategy: "none" }, refused, signal);
  }
}

/** Why the net cannot be scaled as pages do where their address says nothing of it; null of all else that is wrong. @param {unknown} error @param {Params} now */
function refusal(error, now) {
  const said = new URLSearchParams(location.search);
  const first = error instanceof Problem ? error.errors[0] : null;
  if (!first?.pointer.startsWith("/scaling") || ["strategy", "alpha", "factor"].some((name) => said.has(name))) return null;
  return `${netWords(now)} cannot be ${scalingWords(now)}, since ${first.detail.split(": ")[0]}`;
}

/** @param {Params} now @param {string | null} why @param {AbortSignal} signal @returns {Promise<{answer: PredictAnswer, body: object, beside: Beside}>} */
async function answered(now, why, signal) {
  const [ids, name] = await Promise.all([chosen(now), naming(modeOf(now))]);
  const body = prediction(now, ids.length ? ids : undefined);
  /** @type {PredictAnswer} */
  const answer = await post("/v1/predict", body, signal);
  const order = new Map(ids.map((id, index) => [id, index]));
  answer.predictions.sort((a, b) => (order.get(a.platform) ?? 0) - (order.get(b.platform) ?? 0));
  const trained = modeOf(now) === "train" && answer.base.model;
  const told = trained ? answer.predictions : [];
  return { answer, body, beside: { now, name, why, memory: new Map(told.map(({ platform }) => [platform, memory(now, platform, name(platform).memory, signal)])) } };
}

/**
 * Asks for the predictions of the net in an ONNX file; all else is as `state` says.
 *
 * @param {File} file
 * @param {Params} state
 * @param {AbortSignal} signal
 * @returns {Promise<{answer: PredictAnswer, beside: Beside}>}
 */
export async function askFile(file, state, signal) {
  const [platform, name] = await Promise.all([chosen(state), naming(modeOf(state))]);
  const rest = { ...scaling(state), ...sizes(state), mode: state.mode, interval: number(state.level), platform };
  /** @type {PredictAnswer} */
  const answer = await postFile(query("/v1/predict", rest), file, "application/onnx", signal);
  const now = { ...state, model: file.name, spec: undefined };
  return { answer, beside: { now, name, why: null, memory: new Map() } };
}

/**
 * The memory that training takes on a device of `platform`; null where it cannot be told.
 *
 * @param {Params} now
 * @param {string} platform
 * @param {number | null} size
 * @param {AbortSignal} signal
 * @returns {Promise<Memory | null>}
 */
async function memory(now, platform, size, signal) {
  const way = scaling(now) ?? { strategy: "d", factor: 1 };
  const ways = "alpha" in way ? { alphas: [way.alpha] } : { strategies: [way.strategy] };
  const body = present({ ...common(now), ...ways, factors: [way.factor], platform, device_memory_bytes: size });
  try {
    /** @type {CompareAnswer} */
    const { rows: [row] } = await post("/v1/compare", body, signal);
    return row?.memory ?? null;
  } catch {
    // The prediction stands without it.
    return null;
  }
}

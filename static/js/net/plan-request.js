// A budget: the fields that the state has of it, and what /v1/plan is asked.

import { prices } from "../core/prices.js";
import { read } from "../core/quantity.js";
import { common, present } from "../core/request.js";

/** @import { LimitedBy } from "api" */
/** @import { Kind } from "../core/quantity.js" */
/** @import { Params } from "../core/state.js" */
/** @typedef {{label: string, kind: Kind, example: string, hint?: string, limit?: string, name?: string}} Field */

/** The fields, by their names in the URL; `limit` or `name` is what the request calls them. @type {Record<string, Field>} */
export const FIELDS = {
  epoch: { label: "Epoch at most", kind: "time", example: "10 min", limit: "epoch_seconds" },
  flops: { label: "Flops at most", kind: "count", example: "8 G", limit: "flops" },
  params: { label: "Params at most", kind: "count", example: "50 M", limit: "params" },
  acts: { label: "Acts at most", kind: "count", example: "30 M", limit: "acts" },
  memory: { label: "Memory of a device", kind: "bytes", example: "16 GB", limit: "memory_bytes", hint: "Of a step, for its batch." },
  batch: { label: "Batch, all devices", kind: "whole", example: "256", name: "batch_size", hint: "Images in a step." },
  epochs: { label: "Epochs", kind: "whole", example: "1", name: "epochs" },
  devices: { label: "Devices", kind: "whole", example: "as timed", name: "devices" },
  total: { label: "Training at most", kind: "time", example: "3 days", limit: "total_seconds" },
  price: { label: "Price per hour", kind: "money", example: "$24.50", name: "price_per_hour", hint: "Of all devices together." },
  cost: { label: "Cost at most", kind: "money", example: "$600", limit: "cost" },
};

/** Whether the state has a limit. @param {Params} state */
export function limited(state) {
  return Object.entries(FIELDS).some(([name, { limit }]) => limit && state[name]?.trim());
}

/** The state with the price of the platform, where one was typed beside it and none in the plan. @param {Params} state @param {string | undefined} platform @returns {Params} */
export function withPrice(state, platform) {
  return { ...state, price: state.price ?? (platform && prices(state).get(platform)) };
}

/** What is wrong in the fields, by their names. @param {Params} state */
export function mistakes(state) {
  /** @type {Record<string, string>} */
  const wrong = {};
  for (const [name, { kind }] of Object.entries(FIELDS)) {
    const found = read(state[name], kind);
    if (found && "error" in found) wrong[name] = `${found.error}.`;
  }
  const [price, cost] = [currency(state.price), currency(state.cost)];
  if (price && cost && price !== cost) wrong.cost = `The price is in ${price}: give the cost in ${price} too.`;
  return wrong;
}

/** The currency of an amount; null where there is none. @param {string | undefined} text */
export function currency(text) {
  const found = read(text, "money");
  return found && "value" in found ? found.currency ?? null : null;
}

/** Images on each device in a step, where a limit on memory comes without a batch: what most recipes of ImageNet use. */
const ON_EACH = 32;

/** The batch that a limit on memory is to hold for, where none is given; null where none is needed. @param {Params} state @param {number} devices */
export function batchFor(state, devices) {
  return state.memory?.trim() && !state.batch?.trim() ? String(ON_EACH * devices) : null;
}

/** The body of /v1/plan on `platform`. @param {Params} state @param {string | undefined} platform */
export function budget(state, platform) {
  /** @type {Record<string, number>} */
  const limits = {};
  /** @type {Record<string, number>} */
  const others = {};
  for (const [name, { kind, limit, name: other }] of Object.entries(FIELDS)) {
    const found = read(state[name], kind);
    if (!found || "error" in found) continue;
    if (limit) limits[limit] = found.value;
    else if (other) others[other] = found.value;
  }
  return present({ ...common(state), platform, limits, use: state.use, free_mix: true, ...others });
}

/** The limits by their names in an answer, in words. @type {Partial<Record<LimitedBy, string>>} */
export const LIMITS = {
  epoch_seconds: "epoch time", total_seconds: "training time", cost: "cost", flops: "flops", params: "params", acts: "acts",
  memory_bytes: "memory", max_factor: "nothing up to 1,024×", net_size: "what can be made of this net",
};

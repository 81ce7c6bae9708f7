// A budget: the fields that the state has of it, and what /v1/plan is asked.

import { quantity, wanted } from "../core/quantity.js";
import { layered, number, present } from "../core/request.js";

/** The fields, by their names in the URL; `limit` or `name` is what the request calls them. */
export const FIELDS = {
  epoch: { label: "Epoch at most", kind: "time", example: "10 min", limit: "epoch_seconds" },
  flops: { label: "Flops at most", kind: "count", example: "8 G", limit: "flops" },
  params: { label: "Params at most", kind: "count", example: "50 M", limit: "params" },
  acts: { label: "Acts at most", kind: "count", example: "30 M", limit: "acts" },
  memory: { label: "Memory of a device", kind: "bytes", example: "16 GiB", limit: "memory_bytes", hint: "Of a step, for its batch." },
  batch: { label: "Batch, all devices", kind: "whole", example: "as timed", name: "batch_size" },
  epochs: { label: "Epochs", kind: "whole", example: "1", name: "epochs" },
  devices: { label: "Devices", kind: "whole", example: "as timed", name: "devices" },
  total: { label: "Training at most", kind: "time", example: "3 days", limit: "total_seconds" },
  price: { label: "Price per hour", kind: "money", example: "24.50", name: "price_per_hour", hint: "Of all devices together." },
  cost: { label: "Cost at most", kind: "money", example: "600", limit: "cost" },
};

/** Whether the state has a limit. */
export function limited(state) {
  return Object.entries(FIELDS).some(([name, { limit }]) => limit && state[name]?.trim());
}

/** What is wrong in the fields, by their names. */
export function mistakes(state) {
  const wrong = Object.entries(FIELDS).filter(([name, { kind }]) => quantity(state[name], kind) === undefined);
  return Object.fromEntries(wrong.map(([name, { kind }]) => [name, wanted(kind)]));
}

/** The body of /v1/plan on `platform`. */
export function budget(state, platform) {
  const [limits, others] = [{}, {}];
  for (const [name, { kind, limit, name: other }] of Object.entries(FIELDS)) {
    const value = quantity(state[name], kind);
    if (value) (limit ? limits : others)[limit ?? other] = value;
  }
  return present({
    ...layered(state), platform, mode: state.mode, limits, use: state.use, free_mix: true, ...others,
    family: state.family, dataset_images: number(state.images), interval: number(state.level),
  });
}

/** The limits by their names in an answer, in words. */
export const LIMITS = {
  epoch_seconds: "epoch time", total_seconds: "training time", cost: "cost", flops: "flops", params: "params", acts: "acts",
  memory_bytes: "memory", max_factor: "nothing up to 1,024×", net_size: "what is counted",
};

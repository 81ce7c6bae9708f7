// What an hour of each GPU costs, as it was typed: `prices=v100x8-paper~$24.48,gpu:h100~$3` in the address.

import { read } from "./quantity.js";

/** @import { Params } from "./state.js" */

/** The texts that were typed, by the ids of their platforms. @param {Params} state */
export function prices(state) {
  return new Map((state.prices ?? "").split(",").flatMap((pair) => {
    const [id, text] = pair.split("~");
    return id && text ? [/** @type {[string, string]} */ ([id, text])] : [];
  }));
}

/** The parameter with the price of `id` set to `text`. @param {Params} state @param {string} id @param {string} text */
export function priced(state, id, text) {
  const all = prices(state).set(id, text.trim().replaceAll(",", ""));
  return [...all].filter(([, text]) => text).map((pair) => pair.join("~")).join(",") || null;
}

/** The price of an hour of `id`; null where none was typed that can be read. @param {Params} state @param {string} id */
export function priceOf(state, id) {
  const found = read(prices(state).get(id), "money");
  return found && "value" in found ? { value: found.value, currency: found.currency ?? "$" } : null;
}

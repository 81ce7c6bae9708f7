// What a view says of a net that it can do nothing for.

import { h } from "../core/dom.js";

/** @import { State } from "../core/state.js" */

/**
 * Says `why` the net cannot be scaled, so that `what` cannot be done, and what can.
 *
 * @param {string} why
 * @param {string} what
 * @param {State} state
 */
export function cannot(why, what, state) {
  return h("div", { class: "note calm" }, h("p", {}, `${why}. So ${what}.`),
    h("p", {}, h("a", { href: state.url({ view: "scale", strategy: "none", alpha: null }) }, "See its predicted time and its counts as it is"),
      ", choose a net that the list marks with “scales”, or describe yours by its fields."));
}

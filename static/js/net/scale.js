// The view of one net scaled one way: predicted, counted, described.

import { fill } from "../core/dom.js";
import { scaling } from "../core/request.js";
import { Drawing } from "../drawn/drawing.js";
import { Panel } from "../parts/panel.js";
import { grounds, predictions, verdict } from "../parts/predictions.js";
import { snippet } from "../parts/snippet.js";
import { ask } from "./answer.js";
import { counts, specs } from "./counts.js";

/** @import { Params } from "../core/state.js" */

/** Builds the view in `place`; returns what to call when the state changes. @param {HTMLElement} place */
export function scale(place) {
  const panel = new Panel();
  const drawing = new Drawing();
  fill(place, panel.said, panel.found);
  return (/** @type {Params} */ now) => panel.show(async (signal) => {
    const { answer, body, beside } = await ask(now, signal);
    return {
      said: verdict(answer, beside),
      found: [predictions(answer, beside), grounds(answer, beside.name), snippet({ path: "/v1/predict", body }), counts(answer), drawing.of(answer, scaling(beside.now)), specs(answer)],
    };
  });
}

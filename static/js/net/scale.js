// The view of one net scaled one way: predicted, counted, described.

import { post } from "../core/api.js";
import { counts, specs } from "./counts.js";
import { fill } from "../core/dom.js";
import { Panel } from "../parts/panel.js";
import { grounds, predictions, verdict } from "../parts/predictions.js";
import { prediction } from "../core/request.js";
import { snippet } from "../parts/snippet.js";

/** Builds the view in `place`; returns what to call when the state changes. */
export function scale(place) {
  const panel = new Panel();
  fill(place, panel.said, panel.found);
  return (now) => panel.show(async (signal) => {
    const body = prediction(now);
    const answer = await post("/v1/predict", body, signal);
    return {
      said: verdict(answer, now),
      found: [predictions(answer), grounds(answer), snippet({ path: "/v1/predict", body }), counts(answer), specs(answer)],
    };
  });
}

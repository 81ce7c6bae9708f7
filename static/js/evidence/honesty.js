// How honest the predictions are: errors and coverage for what was left out of the fits.

import { get } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { percent } from "../core/format.js";
import { shown } from "../parts/problem.js";
import { snippet } from "../parts/snippet.js";
import { table } from "../parts/table.js";

/** @import { EvaluationAnswer, Score } from "api" */
/** @import { State } from "../core/state.js" */
/** @import { Column } from "../parts/table.js" */

/** @type {Record<string, string>} */
const LEFT_OUT = { net: "each net in turn", group: "each timing group in turn", strategy: "each strategy in turn", large: "the quarter with most acts", far_scaled: "what was scaled 24× and more" };

/** Fills `place` on demand: computed anew after each change of the data, which takes seconds. @param {Element} place @param {string} platform @param {State} state */
export function honesty(place, platform, state) {
  const result = h("div", {});
  const details = h("details", { on: { toggle: () => { if (details.open && !result.hasChildNodes()) load(); } } },
    h("summary", {}, "How honest these predictions are"), result);
  fill(place, details);
  const load = async () => {
    fill(result, h("p", { class: "quiet" }, "Fits are made without each net, and asked for it …"));
    await shown(result, async () => {
      /** @type {EvaluationAnswer} */
      const { scores } = await get("/v1/evaluation");
      const { mode } = state.get();
      const rows = scores.filter((row) => row.platform === platform && row.mode === mode && row.estimator === "layers");
      if (!rows.length) return h("p", {}, "There are too few timings to leave some out.");
      /** @type {Column<Score>[]} */
      const columns = [
        { title: "Left out", head: true, cell: (row) => LEFT_OUT[row.left_out] ?? row.left_out.replaceAll("_", " ") },
        { title: "Predicted", number: true, cell: (row) => row.n },
        { title: "Mean error", number: true, cell: (row) => percent(row.mape) },
        { title: "Median", number: true, cell: (row) => percent(row.median) },
        { title: "Within 10 %", number: true, cell: (row) => percent(row.within_10, 0) },
        { title: "90 % interval held", number: true, cell: (row) => percent(row.covered_90, 0) },
      ];
      return [table({ caption: "Errors for what was left out of the fits", hidden: true, columns, rows, cards: true }), snippet({ path: "/v1/evaluation" })];
    });
  };
}

// How far a budget goes: limits in, for each strategy the largest net within them out.

import { post } from "../core/api.js";
import { Chart } from "../parts/chart.js";
import { fill, h } from "../core/dom.js";
import { Panel } from "../parts/panel.js";
import { planForm } from "./plan-form.js";
import { budget, FIELDS, limited, mistakes } from "./plan-request.js";
import { cautions, leftOut, options, sentence } from "./plan-table.js";
import { platformOf } from "../core/platforms.js";
import { charted } from "../core/request.js";
import { snippet } from "../parts/snippet.js";

const EXAMPLES = [[{ epoch: "10 min" }, "an epoch within 10 minutes"], [{ flops: "8 G" }, "at most 8 G flops"], [{ memory: "16 GiB", batch: "256" }, "a batch of 256 in 16 GiB for each device"]];

/** Builds the view in `place`; returns what to call when the state changes. */
export function plan(place, state) {
  const panel = new Panel();
  const form = planForm(state);
  const front = new Chart("/v1/charts/front");
  fill(place, h("h2", {}, "How far does a budget go?"), h("p", { class: "quiet" }, "Give what the net may cost. Every strategy is scaled as far as all of it holds."),
    form.element, panel.said, panel.found);

  return async function show(now) {
    form.read(now);
    front.shown(null);
    if (Object.keys(mistakes(now)).length) return panel.show(() => ({}));
    if (!limited(now)) return panel.show(() => ({ found: teach(state) }));
    let drawn = null;
    await panel.show(async (signal) => {
      const platform = await platformOf(now);
      const body = budget(now, platform);
      const answer = await post("/v1/plan", body, signal);
      drawn = platform && { ...charted(now, platform), batch_size: body.batch_size, interval: body.interval };
      return {
        said: sentence(answer, platform),
        found: [options(answer, link(state)), leftOut(answer), cautions(answer), front.element, snippet({ path: "/v1/plan", body })],
      };
    }, (error) => form.blame(blamed(error)));
    return drawn && front.shown(drawn);
  };
}

/** The address of the view that scales, for an option. */
function link(state) {
  return ({ strategy, alpha, factor }) => state.url({ view: "scale", strategy: strategy ?? null, alpha: alpha === undefined ? null : Number(alpha.toFixed(4)), factor: Number(factor.toFixed(4)) });
}

function teach(state) {
  const examples = EXAMPLES.map(([changes, words]) => h("li", {}, h("button", { type: "button", class: "plain", on: { click: () => state.set(changes) } }, words)));
  return h("div", { class: "note calm" }, h("p", {}, "No limit is set yet. Write one above, or begin with one of these:"), h("ul", {}, examples));
}

/** The fields that an error points at, each with its words. */
function blamed(error) {
  const named = Object.entries(FIELDS);
  return Object.fromEntries((error.errors ?? []).flatMap(({ pointer, detail }) => named
    .filter(([, { limit, name }]) => pointer === `/limits/${limit}` || pointer === `/${name}`).map(([name]) => [name, `${detail}.`])));
}

// How far a budget goes: limits in, for each strategy the largest net within them out.

import { Problem, post } from "../core/api.js";
import { fill, h } from "../core/dom.js";
import { many } from "../core/format.js";
import { devicesOf, modeOf, naming, platformOf } from "../core/platforms.js";
import { priced } from "../core/prices.js";
import { amount } from "../core/quantity.js";
import { charted, number, sizes, unscalable } from "../core/request.js";
import { Chart } from "../parts/chart.js";
import { Panel } from "../parts/panel.js";
import { snippet } from "../parts/snippet.js";
import { cannot } from "./cannot.js";
import { planForm } from "./plan-form.js";
import { batchFor, budget, currency, FIELDS, limited, mistakes, withPrice } from "./plan-request.js";
import { cautions, leftOut, options, sentence } from "./plan-table.js";

/** @import { PlanAnswer, PlanOption } from "api" */
/** @import { Params, State } from "../core/state.js" */
/** @import { ChartParams } from "../parts/chart.js" */

/** @type {[Record<string, string>, string][]} */
const EXAMPLES = [[{ epoch: "10 min" }, "an epoch within 10 minutes"], [{ flops: "8 G" }, "at most 8 G flops"], [{ memory: "16 GB", batch: "256" }, "a batch of 256 in 16 GB on each device"]];

/** Builds the view in `place`; returns what to call when the state changes. @param {HTMLElement} place @param {State} state */
export function plan(place, state) {
  const panel = new Panel();
  /** @type {string | undefined} */
  let priceOn;
  // A price belongs to the platform, and stands beside it on every page.
  const form = planForm(state, (price) => state.set(priceOn ? { price: null, prices: priced(state.get(), priceOn, price) } : { price }));
  const front = new Chart("/v1/charts/front");
  fill(place, h("h2", {}, "How far does a budget go?"), h("p", { class: "quiet" }, "Give what the net may cost. Every strategy is scaled as far as all of it holds."),
    form.element, panel.said, panel.found);
  /** The batch that was filled in here, as long as nobody has changed it. @type {string | null} */
  let filled = null;

  return async function show(/** @type {Params} */ asked) {
    front.shown(null);
    /** @type {ChartParams | null} */
    let drawn = null;
    await panel.show(async (signal) => {
      const why = await unscalable(asked);
      form.element.hidden = why !== null;
      if (why) return { found: cannot(why, "there is nothing to scale up to a budget", state) };
      const platform = await platformOf(asked);
      priceOn = platform;
      const [devices, name] = await Promise.all([devicesOf(platform), naming(modeOf(asked))]);
      const now = withPrice(asked, platform);
      const batch = batchFor(now, devices);
      form.read(now, batchHint(now, devices, now.batch === filled));
      if (batch) {
        // The state tells this view again, with the batch in its field and in the address.
        filled = batch;
        state.set({ batch }, { quietly: true });
        return {};
      }
      if (Object.keys(mistakes(now)).length) return {};
      if (!limited(now)) return { found: teach(state) };
      const body = budget(now, platform);
      /** @type {PlanAnswer} */
      const answer = await post("/v1/plan", body, signal);
      if (platform) drawn = { ...charted(now, platform), batch_size: sizes(now).batch_size, interval: number(now.level) };
      return {
        said: sentence(answer, platform && name(platform).title),
        found: [options(answer, { link: link(state), currency: currency(now.price) ?? "$" }), leftOut(answer), cautions(answer), front.element, snippet({ path: "/v1/plan", body })],
      };
    }, (error) => form.blame(blamed(error)));
    if (drawn) await front.shown(drawn);
  };
}

/** What is said below the batch. @param {Params} now @param {number} devices @param {boolean} filled @returns {Record<string, string>} */
function batchHint(now, devices, filled) {
  const batch = amount(now.batch, "whole");
  if (!batch) return {};
  const each = `${many(Math.ceil(batch / devices), "image")} on ${devices > 1 ? `each of ${devices} devices` : "the device"}`;
  return { batch: filled ? `Filled in, since memory depends on it: ${each}. Change it to yours.` : `In a step: ${each}.` };
}

/** The address of the view that scales, for an option. @param {State} state */
function link(state) {
  return (/** @type {PlanOption} */ { strategy, alpha, factor }) => state.url({ view: "scale", strategy: strategy ?? null, alpha: typeof alpha === "number" ? Number(alpha.toFixed(4)) : null, factor: Number(factor.toFixed(4)) });
}

/** @param {State} state */
function teach(state) {
  const examples = EXAMPLES.map(([changes, words]) => h("li", {}, h("button", { type: "button", class: "plain", on: { click: () => state.set(changes) } }, words)));
  return h("div", { class: "note calm" }, h("p", {}, "No limit is set yet. Write one above, or begin with one of these:"), h("ul", {}, examples));
}

/** The fields that an error points at, each with its words. @param {unknown} error @returns {Record<string, string>} */
function blamed(error) {
  if (!(error instanceof Problem)) return {};
  const named = Object.entries(FIELDS);
  return Object.fromEntries(error.errors.flatMap(({ pointer, detail }) => named
    .filter(([, { limit, name }]) => pointer === `/limits/${limit}` || pointer === `/${name}`).map(([name]) => [name, `${detail}.`])));
}

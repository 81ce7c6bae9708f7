// The page about a net, in views: scaled and predicted, strategies compared, a budget planned, the time by stage.

import { carry, noteUnread } from "../core/carried.js";
import { $, fill, h } from "../core/dom.js";
import { DEFAULTS, netWords } from "../core/request.js";
import { State } from "../core/state.js";
import { compare } from "../net/compare.js";
import { netForm } from "../net/net-form.js";
import { plan } from "../net/plan.js";
import { scale } from "../net/scale.js";
import { stages } from "../net/stages.js";
import { viewOf, views } from "../net/views.js";
import { problem } from "../parts/problem.js";

/** @import { Params } from "../core/state.js" */
/** @import { View } from "../net/views.js" */
/** @typedef {(now: Params) => unknown} Show */

/** @type {Record<View, (place: HTMLElement, state: State) => Show>} */
const BUILD = { scale, compare, plan, time: stages };
const state = new State({ ...DEFAULTS, view: "scale" });
/** @type {Map<View, {place: HTMLElement, show: Show}>} */
const built = new Map();

views($("#views"), state);
state.watch(carry);
state.watch(noteUnread);
state.watch((now) => {
  document.title = `${netWords(now)} · epochcast`;
  const view = viewOf(now);
  let shown = built.get(view);
  if (!shown) {
    const place = h("section", { id: view });
    $("#view").append(place);
    shown = { place, show: BUILD[view](place, state) };
    built.set(view, shown);
  }
  for (const [name, { place }] of built) place.hidden = name !== view;
  shown.show(now);
});
// The question is on its way before the form is built.
setTimeout(() => netForm($("#net"), state).catch((error) => fill($("#net"), problem(error))));

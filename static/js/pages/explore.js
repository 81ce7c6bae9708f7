// The page about a net, in views: scaled and predicted, strategies compared, a budget planned, the time by stage.

import { $, fill, h } from "../core/dom.js";
import { compare } from "../net/compare.js";
import { netForm } from "../net/net-form.js";
import { plan } from "../net/plan.js";
import { problem } from "../parts/problem.js";
import { DEFAULTS, netWords } from "../core/request.js";
import { scale } from "../net/scale.js";
import { stages } from "../net/stages.js";
import { State } from "../core/state.js";
import { viewOf, views } from "../net/views.js";

const BUILD = { scale, compare, plan, time: stages };
const state = new State({ ...DEFAULTS, view: "scale" });
const built = {};

netForm($("#net"), state).catch((error) => fill($("#net"), problem(error)));
views($("#views"), state);
state.watch((now) => {
  document.title = `${netWords(now)} · epochcast`;
  const view = viewOf(now);
  if (!built[view]) {
    const place = h("section", { id: view });
    $("#view").append(place);
    built[view] = { place, show: BUILD[view](place, state) };
  }
  for (const [name, { place }] of Object.entries(built)) place.hidden = name !== view;
  built[view].show(now);
});

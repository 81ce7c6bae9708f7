// The page about a net, in views: scaled and predicted, strategies compared, a budget planned, the time by stage.

import { $, fill, h } from "./dom.js";
import { compare } from "./compare.js";
import { netForm } from "./net-form.js";
import { plan } from "./plan.js";
import { problem } from "./problem.js";
import { DEFAULTS, netWords } from "./request.js";
import { scale } from "./scale.js";
import { stages } from "./stages.js";
import { State } from "./state.js";
import { viewOf, views } from "./views.js";

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

// The page about a net: counted, predicted, compared, planned for, taken apart.

import { Latest, post } from "./api.js";
import { compare } from "./compare.js";
import { counts, specs } from "./counts.js";
import { $, fill, h } from "./dom.js";
import { netForm } from "./net-form.js";
import { plan } from "./plan.js";
import { grounds, predictions, verdict } from "./predictions.js";
import { problem } from "./problem.js";
import { DEFAULTS, netWords, prediction } from "./request.js";
import { snippet } from "./snippet.js";
import { stages } from "./stages.js";
import { State } from "./state.js";

const state = new State(DEFAULTS);
const latest = new Latest();
const sections = [compare($("#compare"), state), plan($("#plan"), state), stages($("#stages"), state)];

netForm($("#net"), state).catch((error) => fill($("#net"), problem(error)));
state.watch(show);

async function show(now) {
  document.title = `${netWords(now)} · epochcast`;
  const place = $("#answer");
  place.setAttribute("aria-busy", "true");
  try {
    const body = prediction(now);
    const answer = await latest.run((signal) => post("/v1/predict", body, signal));
    if (!answer) return;
    fill(place, h("div", { "aria-live": "polite" }, verdict(answer, now)), predictions(answer), grounds(answer), snippet({ path: "/v1/predict", body }));
    fill($("#counts"), counts(answer));
    fill($("#spec"), specs(answer));
    sections.forEach((section) => section(now, answer));
  } catch (error) {
    fill(place, problem(error));
    for (const id of ["#counts", "#spec"]) fill($(id));
    sections.forEach((section) => section(now, null));
  }
  place.removeAttribute("aria-busy");
}

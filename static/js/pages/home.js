// The start page: ask about a net by name, and see what the service knows.

import { Latest, post } from "../core/api.js";
import { NetField } from "../parts/combobox.js";
import { $, field, fill, h } from "../core/dom.js";
import { platformTable } from "../evidence/platform-table.js";
import { predictions, verdict } from "../parts/predictions.js";
import { problem, shown } from "../parts/problem.js";
import { DEFAULTS, prediction } from "../core/request.js";
import { factorField, strategyField } from "../net/scaling-fields.js";
import { snippet } from "../parts/snippet.js";
import { State } from "../core/state.js";

const state = new State(DEFAULTS);
const latest = new Latest();

shown($("#platform-table"), () => platformTable());
form().catch((error) => fill($("#ask"), problem(error)));
state.watch(answer);

async function form() {
  const now = state.get();
  const name = new NetField(now.model, (model) => state.set({ model }));
  const strategy = await strategyField(now, { withAlpha: false, onchange: (changes) => state.set(changes) });
  const factor = factorField(now, { slider: false, onchange: (changes) => state.set(changes, { quietly: true }) });
  const wide = field("Net", name.element);
  wide.classList.add("wide");
  wide.querySelector("label").htmlFor = name.id;
  strategy.element.classList.add("wide");
  const form = $("#ask");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (name.value) state.set({ model: name.value });
  });
  fill(form, wide, strategy.element, factor.element, h("button", { class: "primary" }, "Predict"));
  state.watch((now) => {
    name.value = now.model;
    strategy.read(now);
    factor.read(now);
  });
}

async function answer(now) {
  const place = $("#answer");
  const body = prediction(now);
  await shown(place, () => latest.run(async (signal) => {
    const answered = await post("/v1/predict", body, signal);
    const more = new URLSearchParams(location.search).toString();
    return h("div", {}, verdict(answered, now), predictions(answered),
      h("p", {}, h("a", { href: `/explore${more && `?${more}`}` }, "See its counts, compare strategies, plan for a budget")));
  }));
  fill($("#call"), snippet({ path: "/v1/predict", body }));
}

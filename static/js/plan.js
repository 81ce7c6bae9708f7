// How far a budget goes: for each strategy the largest factor within the limits, and the front beyond which nothing is better.

import { Latest, post } from "./api.js";
import { Chart } from "./chart.js";
import { scalable } from "./compare.js";
import { field, fill, h, radios } from "./dom.js";
import { between, duration, plain, si, times } from "./format.js";
import { problem } from "./problem.js";
import { net, number, present } from "./request.js";
import { snippet } from "./snippet.js";
import { table } from "./table.js";

/** Limits by parameter of the URL: the field of /v1/plan, the size of its unit, label and unit. */
const LIMITS = {
  max_hours: ["epoch_seconds", 3600, "An epoch at most", "hours"],
  max_gflops: ["flops", 1e9, "Flops at most", "G"],
  max_mparams: ["params", 1e6, "Params at most", "M"],
  max_macts: ["acts", 1e6, "Acts at most", "M"],
  max_gib: ["memory_bytes", 2 ** 30, "Memory at most", "GiB a device"],
};
const WORDS = { epoch_seconds: "epoch time", flops: "flops", params: "params", acts: "acts", memory_bytes: "memory", factor: "the factor 1,024" };

/** Fills `place` whenever the state changes; returns what to call then. */
export function plan(place, state) {
  const latest = new Latest();
  const chart = new Chart("/v1/charts/front");
  const [result, call, front] = [h("div", {}), h("div", {}), h("div", {}, h("h3", {}, "The front: no scaling is both larger and faster"), chart.element)];
  const controls = Object.fromEntries(Object.entries(LIMITS).map(([name, [, , label, unit]]) =>
    [name, h("input", { type: "number", min: 0, step: "any", inputmode: "decimal", name, "aria-label": `${label}, ${unit}` })]));
  let use = state.get().use ?? "predicted";
  const certainty = radios("An epoch takes", "use", [["predicted", "the prediction"], ["high", "the upper end of its interval"]], use, (choice) => { use = choice; });
  const form = h("form", { autocomplete: "off", on: { submit: (event) => { event.preventDefault(); take(); } } },
    h("div", { class: "filters" }, Object.entries(LIMITS).map(([name, [, , label, unit]]) => field([label, h("span", { class: "unit" }, ` ${unit}`)], controls[name]))),
    certainty, h("div", { class: "actions" }, h("button", { class: "primary" }, "Plan"),
      h("button", { type: "button", on: { click: () => { controls.max_hours.value = "1"; take(); } } }, "Try one hour an epoch")));
  fill(place, h("h2", {}, "Plan for a budget"), h("p", {}, "Say what the scaled net may cost at most. For each strategy you get the largest net within all limits."), form, result, call, front);

  function take() {
    const limits = Object.fromEntries(Object.entries(controls).map(([name, control]) => [name, control.value]));
    state.set({ ...limits, use: use === "predicted" ? null : use });
  }

  return async function show(now, answer) {
    place.hidden = !scalable(answer);
    if (place.hidden) return;
    for (const [name, control] of Object.entries(controls)) if (document.activeElement !== control) control.value = now[name] ?? "";
    use = now.use ?? "predicted";
    for (const radio of certainty.querySelectorAll("input")) radio.checked = radio.value === use;
    const platform = now.platform || answer.predictions[0]?.platform;
    const { model } = net(now);
    front.hidden = !platform;
    if (platform) chart.show(present({ ...(now.spec ? { spec: model } : { model: model.name }), platform, mode: now.mode }));
    const limits = Object.fromEntries(Object.entries(LIMITS).filter(([name]) => now[name]).map(([name, [limit, size]]) => [limit, amount(now[name], size)]));
    if (!Object.keys(limits).length || !platform) {
      fill(result);
      fill(call);
      return;
    }
    const body = present({ model, platform, mode: now.mode === "train" ? null : now.mode, limits, use: now.use, dataset_images: number(now.images), batch_size: number(now.batch) });
    fill(call, snippet({ path: "/v1/plan", body }));
    try {
      const planned = await latest.run((signal) => post("/v1/plan", body, signal));
      if (planned) fill(result, options(planned, platform, state));
    } catch (error) {
      fill(result, problem(error));
    }
  };
}

function amount(text, size) {
  const value = number(text);
  if (typeof value !== "number") return value;
  return Number.isInteger(value * size) ? value * size : Math.floor(value * size);
}

function options({ options }, platform, state) {
  if (!options.length) return h("p", { class: "note" }, "No strategy stays within these limits: the net is beyond them as it is. Loosen one, or begin with a smaller net.");
  const rows = [...options].sort((a, b) => b.scaled.complexity.flops - a.scaled.complexity.flops);
  const time = (row) => row.predictions.find((one) => one.platform === platform) ?? row.predictions[0];
  const columns = [
    { title: "Strategy", head: true, cell: (row) => row.strategy },
    { title: "Factor", number: true, cell: (row) => times(row.factor) },
    { title: "Flops", number: true, cell: (row) => si(row.scaled.complexity.flops) },
    { title: "Params", number: true, cell: (row) => si(row.scaled.complexity.params) },
    { title: "Acts", number: true, cell: (row) => si(row.scaled.complexity.acts) },
    { title: "Epoch", number: true, cell: (row) => (time(row) ? [duration(time(row).epoch_seconds), h("span", { class: "sub" }, between(time(row).interval.low_seconds, time(row).interval.high_seconds, time(row).epoch_seconds))] : "–") },
    { title: "Limited by", cell: (row) => [row.limited_by].flat().filter(Boolean).map((limit) => WORDS[limit] ?? limit).join(", ") || "–" },
    { title: "", cell: (row) => h("button", { type: "button", class: "small", "aria-label": `Look at ${row.strategy}, ${plain(row.factor)} times`, on: {
      click: () => {
        state.set({ strategy: row.strategy, alpha: null, factor: row.factor });
        document.querySelector("#answer").scrollIntoView();
      },
    } }, "Look at it") },
  ];
  return table({ caption: `The largest net within the limits on ${platform}, by strategy`, columns, rows, cards: true });
}

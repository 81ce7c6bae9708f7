// The paper's figures, redrawn: its points, and what the service expects or predicts.

import { lead } from "../core/carried.js";
import { $, field, fill, h, pick, radios, select } from "../core/dom.js";
import { device } from "../core/format.js";
import { gpus, platforms } from "../core/platforms.js";
import { State } from "../core/state.js";
import { opener } from "../evidence/measurement.js";
import { Chart } from "../parts/chart.js";
import { problem } from "../parts/problem.js";
import { snippet } from "../parts/snippet.js";

/** @import { Params } from "../core/state.js" */
/** @import { ChartParams } from "../parts/chart.js" */
/** @typedef {{path: string, params: (now: Params) => ChartParams, opens?: boolean}} Panel a chart, whose points may open their measurements */
/** @typedef {{number: number, panels: Panel[], nets?: string[]}} Figure */

/** The platform that the paper's timings are of. */
const OWN = "v100x8-paper";

/** @param {number} number @param {"error" | "time"} panel @returns {Panel} */
const redrawn = (number, panel) => ({ path: "/v1/charts/paper", params: (now) => ({
  figure: number, panel, net: now[`net${number}`], platform: panel === "time" ? now.platform : null,
}) });
/** @param {number} number */
const both = (number) => [redrawn(number, "error"), redrawn(number, "time")];
const REGNETS = ["RegNetY-500MF", "RegNetZ-500MF"];
const BASES = ["EfficientNet-B0", "RegNetZ-500MF"];

/** @type {Figure[]} */
const FIGURES = [
  { number: 1, nets: BASES, panels: [{ path: "/v1/charts/compare", params: (now) => ({ model: now.net1 ?? BASES[0], strategies: "dwr,dw,dWr,w", factors: "1..16/9", y: "acts", platform: now.platform }) }, ...both(1)] },
  { number: 2, panels: ["acts", "flops", "params"].map((x) => ({ path: "/v1/charts/paper", params: () => ({ figure: 2, x }), opens: true })) },
  { number: 4, panels: both(4) },
  { number: 5, nets: REGNETS, panels: both(5) },
  { number: 6, panels: both(6) },
  { number: 7, nets: REGNETS, panels: both(7) },
  { number: 8, panels: both(8) },
];

lead();
page().catch((error) => $("#where").append(problem(error)));

async function page() {
  fill($("#contents"), FIGURES.map(({ number }) => h("a", { href: `#figure-${number}` }, `Fig. ${number}`)));
  fill($("#call"), snippet({ path: "/v1/charts/paper.csv?figure=4&panel=error", csv: true }));
  const [timed, sheets] = await Promise.all([platforms(), gpus()]);
  const trained = timed.filter(({ measurements }) => measurements.train > 0);
  const best = trained.find(({ id }) => id === OWN) ?? trained[0];
  const state = new State({});
  if (best) state.default("platform", best.id);
  const { open, follow } = opener(state);
  if (best) where(state, [...trained.map((one) => /** @type {[string, string]} */ ([one.id, `${device(one)}: ${one.id}`])),
    ...sheets.map(({ id, device }) => /** @type {[string, string]} */ ([`gpu:${id}`, `${device}, by data sheet`]))]);
  for (const figure of FIGURES) draw(figure, state, open);
  state.watch(follow);
}

/** The field for the platform of the times. @param {State} state @param {[string, string][]} options */
function where(state, options) {
  const control = select(options, "", { on: { change: () => state.set({ platform: control.value }) } });
  fill($("#where"), field("Times on", control, `The paper's are ${OWN}.`));
  state.watch((now) => { control.value = now.platform ?? ""; });
}

/** The charts of a figure, drawn once it is about to be seen, and again when what they depend on changes. @param {Figure} figure @param {State} state @param {(id: string) => void} open */
function draw({ number, panels, nets }, state, open) {
  const place = $(`#figure-${number} .charts`);
  const name = `net${number}`;
  const choice = nets ? radios("Net", name, nets.map((net) => [net, net]), state.get()[name] ?? nets[0], (net) => state.set({ [name]: net === nets[0] ? null : net })) : null;
  const charts = panels.map((panel) => ({ ...panel, chart: new Chart(panel.path, panel.opens ? open : undefined), before: "" }));
  fill(place, choice, h("div", { class: "panels" }, charts.map(({ chart }) => chart.element)));
  const show = (/** @type {Params} */ now) => {
    if (choice) pick(choice, now[name] ?? nets?.[0]);
    for (const one of charts) {
      const params = one.params(now);
      if (JSON.stringify(params) === one.before) continue;
      one.before = JSON.stringify(params);
      one.chart.show(params);
    }
  };
  new IntersectionObserver(([{ isIntersecting }], observer) => {
    if (!isIntersecting) return;
    observer.disconnect();
    state.watch(show);
  }, { rootMargin: "600px" }).observe(place);
}

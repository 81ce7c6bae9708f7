// The start page: ask about a net by name on the GPUs that people have, and see what the service knows.

import { Latest } from "../core/api.js";
import { carry, noteUnread } from "../core/carried.js";
import { $, fill, h } from "../core/dom.js";
import { platforms } from "../core/platforms.js";
import { DEFAULTS, scaling, unscalable } from "../core/request.js";
import { State } from "../core/state.js";
import { Drawing } from "../drawn/drawing.js";
import { platformTable } from "../evidence/platform-table.js";
import { ask, askFile } from "../net/answer.js";
import { netField } from "../net/net-field.js";
import { alphaField, factorField, strategyField } from "../net/scaling-fields.js";
import { gpuField } from "../parts/gpus.js";
import { grounds, predictions, verdict } from "../parts/predictions.js";
import { problem, shown } from "../parts/problem.js";
import { snippet } from "../parts/snippet.js";

/** @import { Child } from "../core/dom.js" */
/** @import { Params } from "../core/state.js" */
/** @typedef {{words: string, asked: Record<string, string>}} Example */

/** Questions to begin with; each is asked of platforms that the service must know. @type {Example[]} */
const EXAMPLES = [
  { words: "RegNetY-4GF, 4× by dWr, on 8 V100", asked: { model: "RegNetY-4GF", strategy: "dWr", factor: "4", platform: "v100x8-paper" } },
  { words: "ResNet-50 as it is, on an RTX 3090", asked: { model: "ResNet-50", strategy: "none", platform: "rtx3090-nchw" } },
  { words: "EfficientNet-B0, 8× by dWr, on an H100", asked: { model: "EfficientNet-B0", strategy: "dWr", factor: "8", platform: "gpu:h100" } },
];

const state = new State(DEFAULTS);
const latest = new Latest();
const drawing = new Drawing();

state.watch(carry);
state.watch(noteUnread);
state.watch(answer);
// The question is on its way before the page around the answer is built.
setTimeout(() => {
  form().catch((error) => fill($("#ask"), problem(error)));
  files();
  examples().catch((error) => fill($("#examples"), problem(error)));
  shown($("#platform-table"), () => platformTable());
});

async function form() {
  const now = state.get();
  const net = netField(now.model ?? "", (model) => state.set({ model, spec: null }));
  const strategy = await strategyField(now, (changes) => state.set(changes));
  const factor = factorField({ slider: false, onchange: (changes) => state.set(changes, { quietly: true }) });
  const alpha = alphaField(now, (changes) => state.set(changes, { quietly: true }));
  const gpus = gpuField(state);
  const reason = h("p", { class: "hint whole", role: "status" });
  net.element.classList.add("wide");
  strategy.element.classList.add("wide");
  gpus.element.classList.add("whole");
  alpha.element.classList.add("whole");
  const form = $("#ask");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (net.box.value) state.set({ model: net.box.value, spec: null });
  });
  fill(form, net.element, strategy.element, factor.element, h("button", { class: "primary" }, "Predict"), alpha.element, reason, gpus.element, h("p", { class: "hint whole" }, "A net of your own: drop its ONNX file on this page. Its weights are not read."));
  state.watch(async (now) => {
    net.box.value = now.spec ? "" : now.model ?? "";
    const [why] = await Promise.all([unscalable(now), gpus.show(now)]);
    const own = now.spec ? "The net is the one that you have described on the page “Explore a net”. " : "";
    reason.textContent = own + (why ? `${why}: it is predicted as it is.` : "");
    for (const part of [strategy, factor, alpha]) part.read(now, why);
  });
}

async function examples() {
  const all = await platforms();
  const asked = EXAMPLES.filter(({ asked: { platform } }) => (platform.startsWith("gpu:") ? all.some(({ measurements }) => measurements.train > 0) : all.some(({ id }) => id === platform)));
  const links = asked.map(({ words, asked }) => h("li", {}, h("a", { href: `/?${new URLSearchParams(asked)}`, on: { click: (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    state.set({ spec: null, alpha: null, factor: null, mode: null, ...asked });
  } } }, words)));
  fill($("#examples"), links.length > 0 && [h("span", { class: "quiet" }, "Try: "), h("ul", {}, links)]);
}

/** The net of an ONNX file that is dropped is asked about as the form says of the rest. */
function files() {
  addEventListener("dragover", (event) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  });
  addEventListener("drop", (event) => {
    const [file] = event.dataTransfer?.files ?? [];
    if (!file) return;
    event.preventDefault();
    show(async (signal) => {
      const { answer, beside } = await askFile(file, state.get(), signal);
      return { said: verdict(answer, beside), found: [predictions(answer, beside), grounds(answer, beside.name), drawing.of(answer, scaling(beside.now))], call: null };
    });
  });
}

/** @param {Params} now */
function answer(now) {
  return show(async (signal) => {
    const { answer, body, beside } = await ask(now, signal);
    const more = h("p", {}, h("a", { href: `/explore${location.search}` }, "See its counts, compare strategies, plan for a budget"));
    return { said: verdict(answer, beside), found: [predictions(answer, beside), grounds(answer, beside.name), more, drawing.of(answer, scaling(now))], call: snippet({ path: "/v1/predict", body }) };
  });
}

/** @param {(signal: AbortSignal) => Promise<{said: Child, found: Child[], call: Child}>} asked */
async function show(asked) {
  const [said, found] = [$("#said"), $("#answer")];
  found.setAttribute("aria-busy", "true");
  try {
    const made = await latest.run(asked);
    if (!made) return;
    fill(said, made.said);
    fill(found, ...made.found);
    fill($("#call"), made.call);
  } catch (error) {
    fill(said);
    fill(found, problem(error));
    fill($("#call"));
  }
  found.removeAttribute("aria-busy");
}
